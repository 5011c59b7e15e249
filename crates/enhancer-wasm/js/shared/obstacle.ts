/** The reason why something cannot be done here. */
export interface Obstacle<Code extends ObstacleCode = ObstacleCode> {
  code: Code;
  /** A message for people, with advice. */
  message: string;
}

/**
 * `no_wasm_features`: there is no WebAssembly with SIMD; `no_workers`: there are no workers;
 * `not_secure`: the page is neither from https nor from this machine; `not_isolated`: its server does
 * not isolate it; `no_shared_memory`: the browser does not share memory; `not_a_browser`: this is not
 * a page of a browser.
 */
export type ObstacleCode =
  | 'no_wasm_features'
  | 'no_workers'
  | 'not_secure'
  | 'not_isolated'
  | 'no_shared_memory'
  | 'not_a_browser';

/** A module with a single SIMD function. Browsers from before 2023 do not support it. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

/** The obstacle if WebAssembly with SIMD does not run here, or `undefined`. */
export function noSimd(): Obstacle<'no_wasm_features'> | undefined {
  if (typeof WebAssembly === 'object' && WebAssembly.validate(SIMD)) return undefined;
  return {
    code: 'no_wasm_features',
    message:
      'WebAssembly with SIMD does not run here. Use a current Chrome, Edge, Firefox or Safari, or ' +
      'Node.js 20 or newer.',
  };
}
