/** What the binding takes and gives. Its declarations import these types. */
import type { Take } from '../../pkg/single/enhancer_wasm_single.js';
import type * as core from '../generated/core.js';
import type * as types from '../shared/types.js';

export type { Measures } from '../generated/core.js';
export type { Comparison, MeasureOptions, RenderOptions, TakeOptions } from '../shared/types.js';

/** A model's folder. */
export interface ModelFolder {
  /** The content of its model.json. */
  description: Uint8Array | string;
  /** The content of each file that `modelFiles(description)` names, in that order. */
  files: Uint8Array[];
}

export interface EnhancerOptions {
  /** Maximum number of tasks at once; idle threads help with them. Default: the number of threads in the pool. */
  workers?: number;
}

export interface EnhanceOptions extends types.EnhanceOptions {
  /** A name that is unique among running sessions. Default: generated. */
  sessionId?: string;
}

export type Progress = core.Progress;

/** How far a take is. `peaks` are those that are new since the call before. */
export interface TakeProgress extends core.Progress {
  peaks?: types.Peaks;
}

/** The outcome for a file. */
export interface Enhanced {
  blob: Blob;
  summary: types.Summary;
}

/**
 * A file's original and enhanced audio, aligned: raw interleaved 32-bit floats, little-endian,
 * of each frame first the original's channels, then the enhanced ones.
 */
export interface Taken {
  take: Take;
  summary: types.Summary;
  peaks: types.Peaks;
  /** The container of the video that `render` makes with `audioOnly: false`, if it makes one. */
  video?: types.VideoContainer;
  /** Only if no file was given for it. */
  blob?: Blob;
}

/** What was rendered. */
export interface Rendered {
  /** As of `enhance`, without what the take's summary reports: damage, and what was removed. */
  summary: types.Summary;
  /** Such as "audio/wav". */
  mediaType: string;
  /** Only if no file was given for it. */
  blob?: Blob;
}

/** How to rate a take, of which the summary has the rate and the channels. */
export interface CompareOptions
  extends types.RateOptions, Pick<core.Summary, 'sampleRate' | 'channels'> {}
