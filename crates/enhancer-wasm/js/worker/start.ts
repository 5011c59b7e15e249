/**
 * Starts the instance, with a pool of threads if the page supports it, and another one for models with
 * `.tflite` files when there is such a model.
 */
import single, * as withoutThreads from '../../pkg/single/enhancer_wasm_single.js';
import tflite, * as forTflite from '../../pkg/tflite/enhancer_wasm_tflite.js';
import threads, * as withThreads from '../../pkg/threads/enhancer_wasm.js';
import type { Engine, Instance } from '../engine/engine.js';
import { Storage } from '../engine/storage.js';
import { withTflite } from '../engine/tflite.js';
import type { LoadInput } from '../shared/protocol.js';
import { compiled } from './module.js';
import { makeThreads } from './pool.js';

let storage: Promise<Storage | undefined> | undefined;

export async function start(input: LoadInput): Promise<Engine> {
  // A failed start has already opened it.
  storage ??= Storage.open();
  const main = mayShareMemory() ? await startThreads(input) : await startSingle(input);
  // Not the whole input, which may hold the files of a model.
  const { tfliteWasm, base } = input;
  return {
    storage: await storage,
    load: withTflite(main, () => startTflite(tfliteWasm, base)),
    accept: async (source) => source,
  };
}

function mayShareMemory(): boolean {
  return self.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined';
}

// Bundlers find each module by exactly this form of its address. Some produce addresses without an
// origin, and this worker's own address may be a `blob:`, which cannot be a base.
async function startThreads({ wasm, base, threads: count }: LoadInput): Promise<Instance> {
  makeThreads(count);
  const beside = () => String(new URL('./enhancer_wasm_bg.wasm', import.meta.url));
  await threads({ module_or_path: await compiled(wasm ?? beside(), base, 'wasm') });
  await withThreads.startWorkers(count);
  return instance(withThreads, count);
}

async function startSingle({ singleWasm, base }: LoadInput): Promise<Instance> {
  const beside = () => String(new URL('./enhancer_wasm_single_bg.wasm', import.meta.url));
  await single({ module_or_path: await compiled(singleWasm ?? beside(), base, 'singleWasm') });
  return instance(withoutThreads, 1);
}

async function startTflite(given: LoadInput['tfliteWasm'], base: string): Promise<Instance> {
  const beside = () => String(new URL('./enhancer_wasm_tflite_bg.wasm', import.meta.url));
  await tflite({ module_or_path: await compiled(given ?? beside(), base, 'tfliteWasm') });
  return instance(forTflite, 1);
}

type Binding = typeof withThreads | typeof withoutThreads | typeof forTflite;

function instance({ Enhancer, Rater }: Binding, threads: number): Instance {
  return {
    threads,
    load: (model) => Enhancer.load(model),
    loadRater: (model) => Rater.load(model),
  };
}
