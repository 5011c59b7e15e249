/** For Cloudflare Workers, which compile modules of the bundle and no others. */
import module from './enhancer_wasm_single_bg.wasm';
import { runOn } from './host.js';

runOn({ module: async () => module, readFile: undefined });

export * from './index.js';
