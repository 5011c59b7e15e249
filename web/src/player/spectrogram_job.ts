import type { Columns, Stretch } from './columns';

/** A stretch of one signal, one array per channel. */
export interface Samples extends Stretch {
  channels: Float32Array[];
}

/** A request to the worker: columns `from` to `to` of a signal's spectrogram. */
export interface Job {
  id: number;
  columns: Columns;
  from: number;
  to: number;
  rate: number;
  rows: number;
  samples: Samples[];
}

/** The worker's answer: the pixels (RGBA), and the peak of each column's available samples. */
export interface Picture {
  id: number;
  image: Uint8ClampedArray<ArrayBuffer>;
  peaks: Float32Array<ArrayBuffer>;
}
