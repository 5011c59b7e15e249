/** For Node.js, Deno and Bun. */
import { readFile } from 'node:fs/promises';
import { runOn } from './host.js';

runOn({
  module: async () => {
    const beside = new URL('./enhancer_wasm_single_bg.wasm', import.meta.url);
    return WebAssembly.compile(await readFile(beside));
  },
  readFile,
});

export * from './index.js';
