/**
 * The frequency axis. Its scale is mel, which spaces tones as ears do. 0 is 0 Hz, 1 is half the
 * sample rate.
 */

function mel(hertz: number): number {
  return Math.log1p(hertz / 700);
}

/** The height of a frequency on the axis. */
export function heightOf(hertz: number, rate: number): number {
  return mel(hertz) / mel(rate / 2);
}

/** The frequency at a height. */
export function frequencyAt(height: number, rate: number): number {
  return 700 * Math.expm1(height * mel(rate / 2));
}

const ROUND = [1000, 2000, 4000, 8000, 16000, 32000];
/** The share of the axis that a label needs. */
const ROOM = 0.12;

/** The frequencies to label, Hz: both ends, and round values between them that are far enough apart. */
export function labelled(rate: number): number[] {
  const top = rate / 2;
  const kept = [0];
  for (const hertz of ROUND) {
    const height = heightOf(hertz, rate);
    if (height <= 1 - ROOM && height - heightOf(kept.at(-1) ?? 0, rate) >= ROOM) kept.push(hertz);
  }
  return [...kept, top];
}

/** Formats a frequency: `500`, `22.05k`. */
export function hertz(value: number): string {
  return value < 1000 ? String(value) : `${value / 1000}k`;
}
