/** Why a page cannot run the enhancer. */
export interface Obstacle {
  /**
   * `not_secure`: the page is neither from https nor from this machine; `not_isolated`: its server
   * does not isolate it; `no_wasm_features`: the browser lacks what the enhancer is built of.
   */
  code: 'not_secure' | 'not_isolated' | 'no_wasm_features';
  /** In plain words, with what helps. */
  message: string;
}

/** A module with one function of SIMD; browsers with threads but without it are those before 2021. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** What stands in this page's way, or nothing. Without threads no model would be quick enough. */
export function obstacle(): Obstacle | undefined {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD)) {
    return {
      code: 'no_wasm_features',
      message:
        'This browser has no WebAssembly with SIMD. Any current Chrome, Edge, Firefox or Safari has.',
    };
  }
  if (!globalThis.isSecureContext) {
    return {
      code: 'not_secure',
      message:
        'Browsers run threads only on pages from https:// or from this machine. Open it at such an address.',
    };
  }
  if (!globalThis.crossOriginIsolated || typeof SharedArrayBuffer === 'undefined') {
    return {
      code: 'not_isolated',
      message:
        'Browsers share memory between threads only on isolated pages. The page has to be served with ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    };
  }
  return undefined;
}
