/** Seconds that picture and sound may be apart: nobody sees it, and each correction costs the browser something. */
const TOLERATED = 0.04;
/** Seconds at which a correction has done its work. */
const CLOSE = 0.01;
/** Seconds that take too long to catch up with: the picture jumps. */
const FAR = 0.25;
/** Seconds in which the rest is caught up with. */
const CATCH_UP = 0.5;

/**
 * The rate that brings a picture into step with its sound, or `jump`. It is so many seconds ahead of the
 * sound, or behind it if negative, and runs at `rate`.
 */
export function correctionOf(ahead: number, rate: number): number | 'jump' {
  if (Math.abs(ahead) > FAR) return 'jump';
  // Goes on till it is there.
  const helps = (rate < 1 && ahead > CLOSE) || (rate > 1 && ahead < -CLOSE);
  if (helps) return rate;
  return Math.abs(ahead) > TOLERATED ? 1 - ahead / CATCH_UP : 1;
}
