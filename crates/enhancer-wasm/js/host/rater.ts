import { AnyRater } from '../shared/rater.js';
import type { LoadOptions, ModelFiles } from '../shared/types.js';
import { load } from './load.js';

/** Rates recordings, on the calling thread. See the documentation of the page's `Rater`. */
export class Rater extends AnyRater {
  static async load(model: string | URL | ModelFiles, options: LoadOptions = {}): Promise<Rater> {
    return new Rater(...(await load('loadRater', model, options)));
  }
}
