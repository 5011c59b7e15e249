/** For Cloudflare Workers, which compile only modules in the bundle. */
import module from './enhancer_wasm_single_bg.wasm';
import { runOn } from './host.js';

runOn({
  modules: {
    singleWasm: async () => module,
    // Most Workers do not need it, and with it a Worker may be larger than Cloudflare allows.
    tfliteWasm: async () => {
      throw new Error("it is not in the Worker's bundle");
    },
  },
  readFile: undefined,
});

export * from './index.js';
