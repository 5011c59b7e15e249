/**
 * Seconds that picture and sound may be apart. Nobody sees so little, and each correction costs the
 * browser work.
 */
const TOLERATED = 0.04;
/** Seconds: a correction ends when the difference is this small. */
const CLOSE = 0.01;
/** Seconds: a larger difference would take too long to catch up, and the picture jumps. */
const FAR = 0.25;
/** Seconds in which a correction removes the difference. */
const CATCH_UP = 0.5;

/**
 * The playback rate that brings a picture into step with its sound, or `jump`. `ahead` is how many
 * seconds the picture is ahead of the sound (negative: behind); `rate` is its present rate.
 */
export function correctionOf(ahead: number, rate: number): number | 'jump' {
  if (Math.abs(ahead) > FAR) return 'jump';
  // A correction under way continues until the difference is small.
  const helps = (rate < 1 && ahead > CLOSE) || (rate > 1 && ahead < -CLOSE);
  if (helps) return rate;
  return Math.abs(ahead) > TOLERATED ? 1 - ahead / CATCH_UP : 1;
}
