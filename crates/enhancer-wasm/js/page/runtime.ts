import { EnhancerError } from '../shared/error.js';
import { Bridge } from './bridge.js';
import { obstacle } from './obstacle.js';

let bridge: Bridge | undefined;

/** The wire to the page's one worker, which is started when first asked for, from `address` if given. */
export function runtime(address?: string | URL): Bridge {
  const found = obstacle();
  if (found) throw new EnhancerError(found.code, found.message);
  bridge ??= start(address);
  return bridge;
}

function start(address: string | URL | undefined): Bridge {
  const started: Bridge = new Bridge(startWorker(address), address, () => {
    if (bridge === started) bridge = undefined;
  });
  return started;
}

function startWorker(address: string | URL | undefined): Worker {
  const options = { type: 'module', name: 'enhancer' } as const;
  if (address === undefined) {
    // Bundlers find the worker by this very form, options and all.
    return new Worker(new URL('./worker.js', import.meta.url), {
      type: 'module',
      name: 'enhancer',
    });
  }
  try {
    return new Worker(new URL(String(address), document.baseURI), options);
  } catch (thrown) {
    const message = `the enhancer's worker at ${address} cannot be started: ${String(thrown)}`;
    throw new EnhancerError('workers', message);
  }
}
