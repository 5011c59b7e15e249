import { AnyRater } from '../shared/rater.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import { load } from './load.js';

/**
 * Predicts how listeners would rate recordings, and whether a recording got better, with the
 * network DNSMOS P.835. It runs in the worker that all enhancers share.
 *
 * ```js
 * const rater = await Rater.load('models/dnsmos');
 * const { before, after, findings } = await rater.compare(await enhancer.take(file));
 * ```
 */
export class Rater extends AnyRater {
  /**
   * Loads the network: from the address of its folder, or from files.
   *
   * @throws {EnhancerError} those of `Enhancer.load`; `unsupported_model` if it is a model that
   * enhances.
   */
  static async load(model: string | URL | ModelFiles, options: LoadOptions = {}): Promise<Rater> {
    return new Rater(...(await load('loadRater', model, options)));
  }
}
