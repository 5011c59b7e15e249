import { EnhancerError } from '../shared/error.js';
import { FirstLoad } from '../shared/first_load.js';
import { modelInput } from '../shared/model.js';
import { noSimd } from '../shared/obstacle.js';
import type { Calls, LoadInput } from '../shared/protocol.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import type { Wire } from '../shared/wire.js';
import type { WhichHere } from './host.js';
import { inline } from './wire.js';

const firstLoad = new FirstLoad();

/** Makes the call `name` with the files of a model. Starts the module if necessary. */
export async function load<Name extends 'load' | 'loadRater'>(
  name: Name,
  model: string | URL | ModelFiles,
  { threads = 1, singleWasm, tfliteWasm }: LoadOptions,
): Promise<[Wire, Calls[Name]['output']]> {
  const found = noSimd();
  if (found) throw new EnhancerError(found.code, found.message);
  const input = { model: modelInput(name, model, String), threads, wasm: undefined, base: '' };
  const modules = { singleWasm: moduleOf(singleWasm), tfliteWasm: moduleOf(tfliteWasm) };
  return firstLoad.share(modules, async () => [
    inline,
    await inline.call(name, { ...input, ...modules }),
  ]);
}

function moduleOf(given: LoadOptions[WhichHere]): LoadInput[WhichHere] {
  return given instanceof URL ? given.href : given;
}
