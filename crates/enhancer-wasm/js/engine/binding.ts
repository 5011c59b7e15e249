/** The inputs and outputs of the binding. Its declarations import these types. */
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
  /** An id that is unique among running sessions. Default: generated. */
  sessionId?: string;
}

export type Progress = core.Progress;

/** The progress of a take. `peaks` are the new ones since the last call. */
export interface TakeProgress extends core.Progress {
  peaks?: types.Peaks;
}

/** The result for a file. */
export interface Enhanced {
  blob: Blob;
  summary: types.Summary;
}

/**
 * A file's original and enhanced audio, aligned: raw interleaved 32-bit floats, little-endian. Each
 * frame has first the channels of the original, then the enhanced ones.
 */
export interface Taken {
  take: Take;
  summary: types.Summary;
  peaks: types.Peaks;
  /** The container of the video that `render` makes with `audioOnly: false`, if it can make one. */
  video?: types.VideoContainer;
  /** Set only if no file was passed for it. */
  blob?: Blob;
}

/** The rendered result. */
export interface Rendered {
  /**
   * As for `enhance`, but without what the summary of the take reports: damage and removed audio.
   */
  summary: types.Summary;
  /** For example "audio/wav". */
  mediaType: string;
  /** Set only if no file was passed for it. */
  blob?: Blob;
}

/** How to rate a take. The summary of the take states its rate and its channels. */
export interface CompareOptions
  extends types.RateOptions, Pick<core.Summary, 'sampleRate' | 'channels'> {}
