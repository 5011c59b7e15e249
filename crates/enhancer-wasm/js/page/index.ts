/**
 * Removes noise from recordings of speech, on the machine of the user.
 *
 * @packageDocumentation
 */

export { EnhancerError, type ErrorCode } from '../shared/error.js';
export type * from '../shared/types.js';
export { Enhancer } from './enhancer.js';
export { type Obstacle, obstacle } from './obstacle.js';
export type { Take } from './take.js';
