/** The package outside of pages: the same functions, without threads. */
import type { Api } from '../shared/api.js';
import { noSimd, type Obstacle } from '../shared/obstacle.js';
import { Enhancer } from './enhancer.js';
import { Rater } from './rater.js';

export { EnhancerError } from '../shared/error.js';
export { Enhancer, Rater };

export const obstacle = noSimd;

export function threadsObstacle(): Obstacle {
  return {
    code: 'not_a_browser',
    message: 'Outside of a browser the enhancer runs on the thread that calls it.',
  };
}

({ Enhancer, obstacle, Rater, threadsObstacle }) satisfies Api;
