import type { Columns, Stretch } from './columns';

/** A stretch of one signal, one array a channel. */
export interface Samples extends Stretch {
  channels: Float32Array[];
}

/** What the worker is asked: columns `from` to `to` of a signal's picture. */
export interface Job {
  id: number;
  columns: Columns;
  from: number;
  to: number;
  rate: number;
  rows: number;
  samples: Samples[];
}

/** What it answers: their pixels (RGBA), and the peak of each column's samples that were at hand. */
export interface Picture {
  id: number;
  image: Uint8ClampedArray<ArrayBuffer>;
  peaks: Float32Array<ArrayBuffer>;
}
