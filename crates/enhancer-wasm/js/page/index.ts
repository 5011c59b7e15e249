/**
 * Removes noise from recordings of speech, on the machine of the user.
 *
 * @packageDocumentation
 */

export { EnhancerError, type ErrorCode } from '../shared/error.js';
export type { Obstacle, ObstacleCode } from '../shared/obstacle.js';
export type { Take } from '../shared/take.js';
export type * from '../shared/types.js';
export { Enhancer } from './enhancer.js';
export { obstacle, threadsObstacle } from './obstacle.js';
