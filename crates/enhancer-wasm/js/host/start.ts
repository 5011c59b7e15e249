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
    render: binding.render,
    storage: undefined,
    load: async ({ model }) => new binding.Enhancer(await readFolder(model, binding.modelFiles)),
    accept: bytesOf,
  };
}

async function compiled(given: LoadInput['singleWasm']): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  if (given === undefined) return here().module();
  const bytes = await read(given);
  return WebAssembly.compile(bytes).catch((thrown) => {
    const message = `${given} could not be loaded: it cannot be compiled: ${String(thrown)}`;
    throw new EnhancerError('wasm', message);
  });
}
