import { modelInput } from '../shared/model.js';
import type { Calls } from '../shared/protocol.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import type { Bridge } from './bridge.js';
import { firstLoad, refuseObstacle, runtime } from './runtime.js';

/** Makes the call `name` with the files of a model. Starts the worker if necessary. */
export async function load<Name extends 'load' | 'loadRater'>(
  name: Name,
  model: string | URL | ModelFiles,
  options: LoadOptions,
): Promise<[Bridge, Calls[Name]['output']]> {
  refuseObstacle();
  const input = {
    model: modelInput(name, model, absolute),
    threads: options.threads ?? Math.min(navigator.hardwareConcurrency || 1, 64),
    base: document.baseURI,
  };
  const worker = options.worker === undefined ? undefined : absolute(options.worker);
  const modules = {
    wasm: moduleOf(options.wasm),
    singleWasm: moduleOf(options.singleWasm),
    tfliteWasm: moduleOf(options.tfliteWasm),
  };
  let bridge: Bridge | undefined;
  const attempt = () =>
    firstLoad.share({ worker, ...modules }, async (): Promise<[Bridge, Calls[Name]['output']]> => {
      bridge = runtime(worker);
      return [bridge, await bridge.call(name, { ...input, ...modules })];
    });
  try {
    return await attempt();
  } catch (error) {
    // The first worker may hang during its start. The second one is waited for.
    if (bridge?.neverAnswered) return attempt();
    throw error;
  }
}

function moduleOf(given: LoadOptions['wasm']): string | WebAssembly.Module | undefined {
  if (given === undefined || given instanceof WebAssembly.Module) return given;
  return absolute(given);
}

function absolute(address: string | URL): string {
  // As text, because some bundlers use objects that only look like a URL.
  return new URL(String(address), document.baseURI).href;
}
