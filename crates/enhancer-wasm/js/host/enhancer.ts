import { AnyEnhancer } from '../shared/enhancer.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import { load } from './load.js';

/**
 * A model that enhances files, on the calling thread. See the documentation of the page's
 * `Enhancer`.
 */
export class Enhancer extends AnyEnhancer {
  static async load(
    model: string | URL | ModelFiles,
    options: LoadOptions = {},
  ): Promise<Enhancer> {
    return new Enhancer(...(await load('load', model, options)));
  }
}
