/** Starts the instance, with a pool of threads if the page supports it. */
import single, * as withoutThreads from '../../pkg/single/enhancer_wasm_single.js';
import threads, * as withThreads from '../../pkg/threads/enhancer_wasm.js';
import type { Engine } from '../engine/engine.js';
import { Storage } from '../engine/storage.js';
import type { LoadInput } from '../shared/protocol.js';
import { compiled } from './module.js';
import { makeThreads } from './pool.js';

let storage: Promise<Storage | undefined> | undefined;

export async function start(input: LoadInput): Promise<Engine> {
  // A failed start has already opened it.
  storage ??= Storage.open();
  const { binding, count } = mayShareMemory()
    ? await startThreads(input)
    : await startSingle(input);
  return {
    threads: count,
    storage: await storage,
    load: ({ model }) => binding.Enhancer.load(model),
    loadRater: ({ model }) => binding.Rater.load(model),
    accept: async (source) => source,
  };
}

function mayShareMemory(): boolean {
  return self.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined';
}

// Bundlers find each module by exactly this form of its address. Some produce addresses without an
// origin, and this worker's own address may be a `blob:`, which cannot be a base.
async function startThreads({ wasm, base, threads: count }: LoadInput) {
  makeThreads(count);
  const beside = () => String(new URL('./enhancer_wasm_bg.wasm', import.meta.url));
  await threads({ module_or_path: await compiled(wasm ?? beside(), base, 'wasm') });
  await withThreads.startWorkers(count);
  return { binding: withThreads, count };
}

async function startSingle({ singleWasm, base }: LoadInput) {
  const beside = () => String(new URL('./enhancer_wasm_single_bg.wasm', import.meta.url));
  await single({ module_or_path: await compiled(singleWasm ?? beside(), base, 'singleWasm') });
  return { binding: withoutThreads, count: 1 };
}
