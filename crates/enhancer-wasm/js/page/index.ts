/**
 * Removes noise from recordings of speech, on the user's machine.
 *
 * @packageDocumentation
 */

import type { Api } from '../shared/api.js';
import { Enhancer } from './enhancer.js';
import { obstacle, threadsObstacle } from './obstacle.js';
import { Rater } from './rater.js';

export { EnhancerError, type ErrorCode } from '../shared/error.js';
export type { Obstacle, ObstacleCode } from '../shared/obstacle.js';
export type { Take } from '../shared/take.js';
export type * from '../shared/types.js';
export { Enhancer, obstacle, Rater, threadsObstacle };

({ Enhancer, obstacle, Rater, threadsObstacle }) satisfies Api;
