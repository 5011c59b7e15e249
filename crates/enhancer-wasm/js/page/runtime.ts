import { EnhancerError } from '../shared/error.js';
import { Bridge } from './bridge.js';
import { obstacle } from './obstacle.js';

let bridge: Bridge | undefined;

/** The wire to the page's one worker, which is started when first asked for. */
export function runtime(): Bridge {
  const found = obstacle();
  if (found) throw new EnhancerError(found.code, found.message);
  bridge ??= start();
  return bridge;
}

function start(): Bridge {
  // Bundlers find the worker by this very form.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    type: 'module',
    name: 'enhancer',
  });
  const started: Bridge = new Bridge(worker, () => {
    if (bridge === started) bridge = undefined;
  });
  return started;
}
