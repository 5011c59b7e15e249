/**
 * The WebAssembly modules of the package: for each, the option that sets it, and its file. `wasm` has
 * threads, the others do not. Only `tfliteWasm` reads `.tflite` files.
 */
export const FILES = {
  wasm: 'enhancer_wasm_bg.wasm',
  singleWasm: 'enhancer_wasm_single_bg.wasm',
  tfliteWasm: 'enhancer_wasm_tflite_bg.wasm',
} as const;

export type Which = keyof typeof FILES;
