/** Seconds per read and per scheduled piece. */
const PIECE = 0.5;

/**
 * Ties the file to the audio clock: frame `frame` sounds at tick `tick`. Ticks are counted at the
 * file's rate.
 */
export interface Anchor {
  frame: number;
  tick: number;
}

/** The number of frames of the piece that begins at `frame`. The last piece is shorter; 0 at the end. */
export function pieceAt(frame: number, total: number, rate: number): number {
  return Math.max(0, Math.min(Math.round(PIECE * rate), total - frame));
}

/**
 * The anchor of a piece: `current` if the piece is still in time, else one that starts at
 * `earliest` seconds.
 */
export function anchorFor(
  frame: number,
  rate: number,
  earliest: number,
  now: number,
  current?: Anchor,
): Anchor {
  if (current && timeOf(frame, rate, current) >= now) return current;
  return { frame, tick: Math.ceil(earliest * rate) };
}

/** The time of the audio clock, in seconds, at which `frame` sounds. */
export function timeOf(frame: number, rate: number, anchor: Anchor): number {
  return (anchor.tick + frame - anchor.frame) / rate;
}

/** The frame that sounds at `now`: never before the anchor or after `end`, the end of the scheduled audio. */
export function frameAt(now: number, rate: number, anchor: Anchor, end: number): number {
  const frame = anchor.frame + Math.round(now * rate) - anchor.tick;
  return Math.min(Math.max(frame, anchor.frame), end);
}
