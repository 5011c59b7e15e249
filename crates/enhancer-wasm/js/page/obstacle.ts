/** Why a page cannot run the enhancer. */
export interface Obstacle {
  /**
   * `not_a_browser`: there is no page, as on a server; `not_secure`: the page is neither from https nor from this machine; `not_isolated`: its server
   * does not isolate it; `no_wasm_features`: the browser lacks WebAssembly with SIMD.
   */
  code: 'not_a_browser' | 'not_secure' | 'not_isolated' | 'no_wasm_features';
  /** For people, with advice. */
  message: string;
}

/** A module with one function of SIMD; browsers with threads but without it are those before 2021. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** Why this page cannot run the enhancer, or `undefined`. Without threads, models would be too slow. */
export function obstacle(): Obstacle | undefined {
  if (typeof document === 'undefined' || typeof Worker === 'undefined') {
    return {
      code: 'not_a_browser',
      message:
        'This is not a page of a browser, so there are no workers. Where pages are rendered on a ' +
        'server, do this in the browser only, such as in an effect.',
    };
  }
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD)) {
    return {
      code: 'no_wasm_features',
      message:
        'This browser does not support WebAssembly with SIMD. Use a current Chrome, Edge, Firefox or Safari.',
    };
  }
  if (!globalThis.isSecureContext) {
    return {
      code: 'not_secure',
      message:
        'Browsers allow threads only on pages from https:// or from this machine. Open the page at such an address.',
    };
  }
  if (!globalThis.crossOriginIsolated || typeof SharedArrayBuffer === 'undefined') {
    return {
      code: 'not_isolated',
      message:
        'Browsers share memory between threads only on isolated pages. The page must be served with ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    };
  }
  return undefined;
}
