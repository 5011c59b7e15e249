import { AnyEnhancer } from '../shared/enhancer.js';
import { EnhancerError } from '../shared/error.js';
import { FirstLoad } from '../shared/first_load.js';
import { modelInput } from '../shared/model.js';
import { noSimd } from '../shared/obstacle.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import { inline } from './wire.js';

const firstLoad = new FirstLoad();

/** A model that enhances files, on the thread that calls. The documentation is that of the page's. */
export class Enhancer extends AnyEnhancer {
  static async load(
    model: string | URL | ModelFiles,
    { threads = 1, singleWasm }: LoadOptions = {},
  ): Promise<Enhancer> {
    const found = noSimd();
    if (found) throw new EnhancerError(found.code, found.message);
    const input = { model: modelInput(model, String), threads, wasm: undefined, base: '' };
    const module = singleWasm instanceof URL ? singleWasm.href : singleWasm;
    const loaded = await firstLoad.share({ singleWasm: module }, () =>
      inline.call('load', { ...input, singleWasm: module }),
    );
    return new Enhancer(inline, loaded);
  }
}
