/** For Cloudflare Workers, which compile only modules in the bundle. */
import module from './enhancer_wasm_single_bg.wasm';
import { runOn } from './host.js';

runOn({ module: async () => module, readFile: undefined });

export * from './index.js';
