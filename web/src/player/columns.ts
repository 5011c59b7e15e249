import type { View } from './view';

/** Seconds of audio in one spectrum: short enough for syllables, long enough for a voice's harmonics. */
const WINDOW = 0.04;

/** A stretch of frames to read. */
export interface Stretch {
  from: number;
  count: number;
}

/** The spectra that show a view. */
export interface Columns {
  /** Samples in one spectrum, a power of two. */
  size: number;
  /** Frames from one column to the next; may be a fraction. */
  hop: number;
  /** The frame at which the first column begins; may be a fraction. */
  first: number;
  count: number;
}

export function columnsOf(view: View, rate: number, count: number): Columns {
  const first = view.from * rate;
  return {
    size: 2 ** Math.round(Math.log2(WINDOW * rate)),
    hop: (view.to * rate - first) / count,
    first,
    count,
  };
}

/** The first frame of a column's spectrum, which is centred on the column. May lie before the file. */
export function spectrumStart({ first, hop, size }: Columns, column: number): number {
  return Math.round(first + (column + 0.5) * hop - size / 2);
}

/** The stretches to read for columns `from` to `to`. Stretches that touch are merged; gaps are not read. */
export function readsFor(columns: Columns, from: number, to: number, total: number): Stretch[] {
  const reads: Stretch[] = [];
  for (let column = from; column < to; column++) {
    const start = Math.max(spectrumStart(columns, column), 0);
    const end = Math.min(spectrumStart(columns, column) + columns.size, total);
    const last = reads.at(-1);
    if (end <= start) continue;
    if (last && start <= last.from + last.count) last.count = end - last.from;
    else reads.push({ from: start, count: end - start });
  }
  return reads;
}
