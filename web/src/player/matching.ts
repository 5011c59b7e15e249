import { toDecibels } from './level';
import { type Gains, NO_GAIN } from './mix';

/** Signals that differ by more, in dB, are not matched: one of them is practically silent. */
const MOST = 25;
/** The largest gain of a save, in dB. */
const MOST_RAISED = 40;
/** A smaller difference is inaudible, in dB. */
const NOTHING = 0.05;

/** How loud both signals are. */
export interface Loudness {
  /** In LUFS; -Infinity for silence. */
  original: number;
  /** The loudness of the result before it is brought to a target, in LUFS. */
  enhanced: number;
  /** The largest magnitude of a sample of the result. */
  peak: number;
}

/** The gains of both signals, and a sentence about them. */
export interface Matched {
  gains: Gains;
  text: string;
}

/**
 * The gains for listening. The result is brought to `target` (LUFS, if not null) as in a save,
 * as far as no peak is cut. With `same`, the louder of the two is then turned down.
 */
export function match(loudness: Loudness, target: number | null, same: boolean): Matched {
  const raised = target === null ? 0 : raiseTo(target, loudness);
  if (!same) return { gains: { original: 0, enhanced: raised }, text: asItIs(target) };
  const difference = loudness.original - loudness.enhanced - raised;
  if (!Number.isFinite(difference)) {
    return { gains: NO_GAIN, text: 'One of the two is silent, so there is nothing to match.' };
  }
  if (Math.abs(difference) > MOST) {
    return { gains: NO_GAIN, text: 'The loudness of the two differs too much to match it.' };
  }
  const gains = {
    original: Math.min(0, -difference),
    enhanced: raised + Math.min(0, difference),
  };
  return { gains, text: equal(gains) };
}

function raiseTo(target: number, { enhanced, peak }: Loudness): number {
  if (!Number.isFinite(enhanced)) return 0;
  return Math.min(target - enhanced, MOST_RAISED, -toDecibels(peak));
}

function asItIs(target: number | null): string {
  return target === null
    ? 'Both play at their own loudness.'
    : 'The result plays as loud as it will be saved, unless peaks would be cut off.';
}

function equal({ original, enhanced }: Gains): string {
  const changes = [changed('Original', original), changed('Enhanced', enhanced)].filter(Boolean);
  if (changes.length === 0) return 'Both are equally loud.';
  return `${changes.join(', ')}, so that both are equally loud. This changes no saved file.`;
}

function changed(name: string, gain: number): string {
  if (Math.abs(gain) < NOTHING) return '';
  const direction = gain < 0 ? 'down' : 'up';
  return `${name} is turned ${direction} by ${Math.abs(gain).toFixed(1)} dB`;
}
