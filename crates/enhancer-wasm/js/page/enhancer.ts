import { AnyEnhancer } from '../shared/enhancer.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import { load } from './load.js';

/**
 * A model that enhances files. All work happens in a worker of the page and, if the page is
 * isolated, in the worker's pool of threads. All enhancers share them. Files are read block by
 * block, so an hour needs no more memory than a minute. At most 16 files can be processed at once.
 *
 * ```js
 * const enhancer = await Enhancer.load('models/deepfilternet3');
 * const result = await enhancer.enhanceFile(file, { controls: { attenuationLimit: 30 } });
 * ```
 */
export class Enhancer extends AnyEnhancer {
  /**
   * Loads a model: from a folder, whose address is relative to the page, or from files that a
   * package such as `enhancer-model-deepfilternet3` exports. Fetched files are kept in the
   * browser's cache `enhancer-models` and not fetched again: a new version of a model needs a new
   * address, such as the same with `?v=2`.
   *
   * @throws {EnhancerError} the code of an `obstacle`; `read` if the model cannot be fetched;
   * `invalid_value` if the argument is not a model, or if an earlier load used other files of this
   * package; `invalid_description`, `model_file_differs`, `corrupt_model`, `unsupported_model`,
   * `limit_exceeded` if the model cannot be used; `workers` if no worker can be started; `wasm` if
   * the module cannot be loaded; `csp` if the page's policy forbids one of them.
   */
  static async load(
    model: string | URL | ModelFiles,
    options: LoadOptions = {},
  ): Promise<Enhancer> {
    return new Enhancer(...(await load('load', model, options)));
  }
}
