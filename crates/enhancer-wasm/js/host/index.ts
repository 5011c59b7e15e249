/** The package outside of pages: the same as in them, without threads. */
import type * as page from '../page/index.js';
import { noSimd, type Obstacle } from '../shared/obstacle.js';
import { Enhancer } from './enhancer.js';

export { EnhancerError } from '../shared/error.js';
export { Enhancer };

export const obstacle = noSimd;

export function threadsObstacle(): Obstacle {
  return {
    code: 'not_a_browser',
    message: 'Outside of a browser the enhancer runs on the thread that calls it.',
  };
}

/** All hosts have one set of types. */
const same: Omit<typeof page, 'EnhancerError'> = { Enhancer, obstacle, threadsObstacle };
void same;
