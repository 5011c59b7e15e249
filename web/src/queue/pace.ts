import type { Progress } from 'enhancer-wasm';
import type { State } from './item';

/** Seconds of work before the speed is reliable. */
const SETTLED_SECONDS = 1;

/** Estimates from the progress of a run how long the rest will take. */
export function pace(): (progress: Progress) => State {
  let started: number | undefined;
  return ({ enhanced, expected }) => {
    const now = performance.now() / 1000;
    started ??= now;
    if (!expected) return { is: 'working' };
    const done = Math.min(enhanced / expected, 1);
    const elapsed = now - started;
    if (elapsed < SETTLED_SECONDS || done === 0) return { is: 'working', done };
    return { is: 'working', done, secondsLeft: (elapsed / done) * (1 - done) };
  };
}
