import type * as core from '../generated/core.js';

export type {
  Finding,
  Measures,
  SampleFormat,
  VideoContainer,
  Warning,
} from '../generated/core.js';

/** Progress, outcome and cancellation of a call. */
export interface Run {
  onProgress?: (progress: Progress) => void;
  /** Called with the outcome, such as the reached loudness, before the call resolves. */
  onSummary?: (summary: Summary) => void;
  /** Cancels the call: it rejects with an `EnhancerError` with the code `cancelled`. */
  signal?: AbortSignal;
}

/** The progress of a call, in samples of one channel. */
export interface Progress extends core.Progress {
  /** The finished share of the total, from 0 to 1, if the total is known. */
  fraction?: number;
  /** For a take: the peaks since the last call. */
  peaks?: Peaks;
}

/** The largest magnitude over all channels in each block of `1 / perSecond` s; the last may be shorter. */
export interface Peaks {
  original: Float32Array;
  enhanced: Float32Array;
  perSecond: number;
}

/** The outcome for a file. */
export interface Summary extends core.Summary {
  /** The container of an audio result if no other is requested. */
  usualContainer: core.AudioContainer;
}

/** How to read a file. */
export interface ReadOptions extends Some<'raw' | 'strict' | 'track' | 'priority'> {
  /** Limits for the source. Each has a default. */
  limits?: Partial<Omit<core.Limits, 'channelSeconds' | 'resultBytes'>>;
}

/** Options for running the model. */
export interface ModelControls extends SomeControls<'inputGain' | 'postFilter' | 'exact'> {}

/** How to mix the original and the enhanced audio. The result is aligned to the original. */
export interface MixControls extends SomeControls<'attenuationLimit' | 'mix' | 'output'> {}

/** How to write the result. */
export interface Delivery extends Some<'level' | 'loudness' | 'keepPcm'> {
  /** The format of the result. Default: that of the source, if it can be written. */
  destination?: core.Destination & { container?: core.AudioContainer };
  /**
   * Whether the result of a video is only its sound. With `false`, the result of a video in MP4,
   * MOV, Matroska or WebM is that video with its enhanced sound, unless `destination` requests
   * another format. Default: true.
   */
  audioOnly?: core.EnhanceOptions['audioOnly'];
}

/** Options of the core, all of which have a default. */
type Some<Names extends keyof core.EnhanceOptions> = Partial<Pick<core.EnhanceOptions, Names>>;
type SomeControls<Names extends keyof core.Controls> = Partial<Pick<core.Controls, Names>>;

export interface TakeOptions extends ReadOptions, ModelControls {}

export interface RenderOptions extends MixControls, Delivery {}

export interface EnhanceOptions extends ReadOptions, Delivery {
  controls?: ModelControls & MixControls;
}

/** A recording before and after it was enhanced. */
export interface Comparison extends core.Comparison {
  /** What went wrong, or cannot be known, in English. Nothing if the result is better. */
  findings: core.Finding[];
}

export interface RateOptions {
  /** Rates at most this many windows of 9 s, evenly spaced, from 1 to 64. Default: 8. */
  windows?: number;
}

export interface MeasureOptions extends Omit<ReadOptions, 'priority'>, RateOptions {}

/** A recording: a file in any supported format. */
export type Source = Blob | Uint8Array | ReadableStream<Uint8Array>;

/**
 * The files of a model by name: the address of each, as model packages export them, or its content.
 */
export type ModelFiles = Readonly<Record<string, string | URL | Uint8Array>>;

/**
 * Addresses are relative to the page. All enhancers of a page share the worker, the modules and the
 * threads, so the first load decides. Later loads can omit the addresses; different addresses are
 * an error.
 */
export interface LoadOptions {
  /** Number of threads in the pool, 1 to 64. Default: the number of processors. */
  threads?: number;
  /**
   * The address of `enhancer_wasm_bg.wasm`, which runs if there are threads, or that module,
   * compiled. Default: next to the worker, or where the bundler put it.
   */
  wasm?: string | URL | WebAssembly.Module;
  /**
   * The same for `enhancer_wasm_single_bg.wasm`, which runs if there are no threads: on pages that
   * are not isolated, and outside of browsers.
   */
  singleWasm?: string | URL | WebAssembly.Module;
  /**
   * The same for `enhancer_wasm_tflite_bg.wasm`, which reads models with `.tflite` files, without
   * threads. It is not loaded before such a model is. Cloudflare Workers have no default.
   */
  tfliteWasm?: string | URL | WebAssembly.Module;
  /**
   * The address of `worker.js`, which must have the page's origin. Default: next to `index.js`, or
   * where the bundler put it. Only pages use it.
   */
  worker?: string | URL;
}
