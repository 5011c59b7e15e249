/** For Node.js, Deno and Bun. */
import { readFile } from 'node:fs/promises';
import { runOn } from './host.js';

const compiled = async (file: URL) => WebAssembly.compile(await readFile(file));

runOn({
  modules: {
    singleWasm: () => compiled(new URL('./enhancer_wasm_single_bg.wasm', import.meta.url)),
    tfliteWasm: () => compiled(new URL('./enhancer_wasm_tflite_bg.wasm', import.meta.url)),
  },
  readFile,
});

export * from './index.js';
