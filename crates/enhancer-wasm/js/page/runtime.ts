import { EnhancerError } from '../shared/error.js';
import { FirstLoad } from '../shared/first_load.js';
import { Bridge } from './bridge.js';
import { obstacle } from './obstacle.js';

let bridge: Bridge | undefined;
let isFirst = true;

/** Shared by all enhancers of the page. */
export const firstLoad = /* @__PURE__ */ new FirstLoad();

/** @throws {EnhancerError} the reason why no worker can be started here, if there is one. */
export function refuseObstacle(): void {
  const found = obstacle();
  if (found) throw new EnhancerError(found.code, found.message);
}

/**
 * The connection to the page's only worker. The first call starts the worker, from `address` if it
 * is set.
 */
export function runtime(address?: string): Bridge {
  bridge ??= start(address);
  return bridge;
}

function start(address: string | undefined): Bridge {
  const started: Bridge = new Bridge(startWorker(address), address, isFirst, () => {
    if (bridge !== started) return;
    bridge = undefined;
    firstLoad.forget();
  });
  isFirst = false;
  return started;
}

function startWorker(address: string | undefined): Worker {
  const options = { type: 'module', name: 'enhancer' } as const;
  if (address === undefined) {
    // Bundlers find the worker by exactly this form, including the options.
    return new Worker(new URL('./worker.js', import.meta.url), {
      type: 'module',
      name: 'enhancer',
    });
  }
  try {
    return new Worker(address, options);
  } catch (thrown) {
    firstLoad.forget();
    const message = `the enhancer's worker at ${address} cannot be started: ${String(thrown)}`;
    throw new EnhancerError('workers', message);
  }
}
