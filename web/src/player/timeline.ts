/** Seconds that one read and one scheduled piece hold. */
const PIECE = 0.5;

/** Where the audio runs: sample `frame` of the file sounds at tick `tick` (of the file's rate) of the audio clock. */
export interface Anchor {
  frame: number;
  tick: number;
}

/** Frames of the piece that begins at `frame`: the last is shorter, none is left at the end. */
export function pieceAt(frame: number, total: number, rate: number): number {
  return Math.max(0, Math.min(Math.round(PIECE * rate), total - frame));
}

/** The anchor of a piece: `current` goes on if it is still in time, else the piece starts at `earliest` seconds. */
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

/** Seconds of the audio clock at which `frame` sounds. */
export function timeOf(frame: number, rate: number, anchor: Anchor): number {
  return (anchor.tick + frame - anchor.frame) / rate;
}

/** The frame that sounds at `now`: not before the anchor, nor past `end`, where the audio at hand ends. */
export function frameAt(now: number, rate: number, anchor: Anchor, end: number): number {
  const frame = anchor.frame + Math.round(now * rate) - anchor.tick;
  return Math.min(Math.max(frame, anchor.frame), end);
}
