import type { Progress } from 'enhancer-wasm';
import type { State } from './item';

/** Before this much of a second has gone by, the speed is a guess. */
const SETTLED_SECONDS = 1;

/** Tells from the progress of a run how long it will take still. */
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
