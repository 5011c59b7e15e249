import single, * as binding from '../../pkg/single/enhancer_wasm_single.js';
import type { Engine } from '../engine/engine.js';
import { EnhancerError } from '../shared/error.js';
import type { LoadInput } from '../shared/protocol.js';
import { bytesOf } from '../shared/source.js';
import { readFolder } from './folder.js';
import { here } from './host.js';
import { read } from './read.js';

/** Starts the instance on this thread. */
export async function start({ singleWasm }: LoadInput): Promise<Engine> {
  await single({ module_or_path: await compiled(singleWasm) });
  return {
    threads: 1,
    storage: undefined,
    load: async ({ model }) => new binding.Enhancer(await readFolder(model, binding.modelFiles)),
    loadRater: async ({ model }) => new binding.Rater(await readFolder(model, binding.modelFiles)),
    accept: bytesOf,
  };
}

async function compiled(given: LoadInput['singleWasm']): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  try {
    return await (given === undefined ? here().module() : WebAssembly.compile(await read(given)));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const message =
      `the WebAssembly module could not be loaded: ${reason}. Give enhancer_wasm_single_bg.wasm ` +
      'of the package, or its address, as LoadOptions.singleWasm';
    throw new EnhancerError('wasm', message);
  }
}
