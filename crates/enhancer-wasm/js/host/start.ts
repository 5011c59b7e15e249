import single, * as withoutThreads from '../../pkg/single/enhancer_wasm_single.js';
import tflite, * as forTflite from '../../pkg/tflite/enhancer_wasm_tflite.js';
import type { Engine, Instance } from '../engine/engine.js';
import { FILES } from '../engine/modules.js';
import { withTflite } from '../engine/tflite.js';
import { EnhancerError } from '../shared/error.js';
import type { LoadInput } from '../shared/protocol.js';
import { bytesOf } from '../shared/source.js';
import { readFolder } from './folder.js';
import { here, type WhichHere } from './host.js';
import { read } from './read.js';

/** Starts the instance on this thread, and another one when a model has `.tflite` files. */
export async function start({ singleWasm, tfliteWasm }: LoadInput): Promise<Engine> {
  await single({ module_or_path: await compiled(singleWasm, 'singleWasm') });
  return {
    storage: undefined,
    load: withTflite(instance(withoutThreads), async () => {
      await tflite({ module_or_path: await compiled(tfliteWasm, 'tfliteWasm') });
      return instance(forTflite);
    }),
    accept: bytesOf,
  };
}

type Binding = typeof withoutThreads | typeof forTflite;

function instance({ Enhancer, Rater, modelFiles }: Binding): Instance {
  return {
    threads: 1,
    load: async (model) => new Enhancer(await readFolder(model, modelFiles)),
    loadRater: async (model) => new Rater(await readFolder(model, modelFiles)),
  };
}

async function compiled(
  given: LoadInput[WhichHere],
  which: WhichHere,
): Promise<WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  try {
    return await (given === undefined
      ? here().modules[which]()
      : WebAssembly.compile(await read(given)));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    const message =
      `the WebAssembly module could not be loaded: ${reason}. Give ${FILES[which]} of the ` +
      `package, or its address, as LoadOptions.${which}`;
    throw new EnhancerError('wasm', message);
  }
}
