import { noSimd, type Obstacle } from '../shared/obstacle.js';

/**
 * The reason why the enhancer cannot run here, or `undefined` if it can. It can also run without
 * threads.
 */
export function obstacle():
  Obstacle<'not_a_browser' | 'no_workers' | 'no_wasm_features'> | undefined {
  if (typeof document === 'undefined') {
    return {
      code: 'not_a_browser',
      message:
        'This is not a page of a browser. Where pages are rendered on a server, do this in the ' +
        'browser only, such as in an effect.',
    };
  }
  if (typeof Worker === 'undefined') {
    return { code: 'no_workers', message: 'This browser does not start workers for this page.' };
  }
  return noSimd();
}

/**
 * The reason why the enhancer runs without threads here, or `undefined` if it has threads. Without
 * threads the results are the same but take longer.
 */
export function threadsObstacle(): Obstacle | undefined {
  const found = obstacle();
  if (found) return found;
  if (!globalThis.isSecureContext) {
    return {
      code: 'not_secure',
      message:
        'Browsers allow threads only on pages from https:// or from this machine. Open the page at such an address.',
    };
  }
  if (!globalThis.crossOriginIsolated) {
    return {
      code: 'not_isolated',
      message:
        'Browsers share memory between threads only on isolated pages. The page must be served with ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    };
  }
  if (typeof SharedArrayBuffer === 'undefined') {
    return {
      code: 'no_shared_memory',
      message: 'This browser does not share memory between threads.',
    };
  }
  return undefined;
}
