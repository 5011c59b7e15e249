import type { AnyEnhancer } from './enhancer.js';
import type { Obstacle } from './obstacle.js';
import type { AnyRater } from './rater.js';
import type { LoadOptions, ModelFiles } from './types.js';

/** The exports of the package. They have the page's types in every host. */
export interface Api {
  Enhancer: {
    load(model: string | URL | ModelFiles, options?: LoadOptions): Promise<AnyEnhancer>;
  };
  Rater: {
    load(model: string | URL | ModelFiles, options?: LoadOptions): Promise<AnyRater>;
  };
  obstacle(): Obstacle | undefined;
  threadsObstacle(): Obstacle | undefined;
}
