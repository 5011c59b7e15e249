/** Progress, outcome and cancellation of a call. */
export interface Run {
  onProgress?: (progress: Progress) => void;
  /** Called with the outcome, such as the loudness that was reached, before the call resolves. */
  onSummary?: (summary: Summary) => void;
  /** Cancels the call: it rejects with an `EnhancerError` with the code `cancelled`. */
  signal?: AbortSignal;
}

/** The progress of a call, in samples of one channel. */
export interface Progress {
  received: number;
  enhanced: number;
  /** The total, if the file contains it. */
  expected?: number;
  /** What is done of the total, from 0 to 1, if the file contains the total. */
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
export interface Summary {
  /** Samples of each channel. */
  samples: number;
  channels: number;
  /** In Hz. */
  sampleRate: number;
  durationSeconds: number;
  /** Whether the source is a video. */
  video: boolean;
  /** The container and the sample format of an audio result if no others are requested. */
  usualContainer: 'wav' | 'flac' | 'opus' | 'mp3' | 'm4a' | 'raw';
  usualSampleFormat: SampleFormat;
  /** Which audio track of the source was enhanced, from 1, and of how many. */
  track: { number: number; count: number };
  /** Damage in the source, if any. Missing parts are silent, or cut off at the end. */
  damage?: { atSeconds: number; reason: string; places: number };
  /** The loudness of the result in LUFS, if one was requested and the result has one. */
  loudness?: number;
  /** What the user should know, in English. */
  warnings: Warning[];
}

export interface Warning {
  code:
    | 'damaged'
    | 'length_differs'
    | 'format_changes'
    | 'track'
    | 'edited'
    | 'silence_added'
    | 'not_finite'
    | 'clipped'
    | 'chunks_lost'
    | 'video'
    | 'video_not_copied'
    | 'video_incomplete'
    | 'almost_everything_removed'
    | 'not_levelled'
    | 'loudness_not_reached';
  text: string;
}

/** What a video is kept in. */
export type VideoContainer = 'mp4' | 'mov' | 'mkv' | 'webm';

export type SampleFormat = 's16le' | 's24le' | 's32le' | 'f32le';

/** How a file is read. */
export interface ReadOptions {
  /** Describes raw samples. Default: the format is detected from the bytes. */
  raw?: {
    sampleFormat: SampleFormat;
    /** In Hz. */
    sampleRate: number;
    channels: number;
  };
  /** Whether damage is an error. Default: the readable part is enhanced, and the summary says where the damage is. */
  strict?: boolean;
  /** The audio track to enhance, counted from 1. Default: the default track, or else the first that can be read. */
  track?: number;
  /** Limits for the source. */
  limits?: {
    /** Default: 64. */
    channels?: number;
    /** In Hz. Default: 768000. */
    sampleRate?: number;
    /** Default: a day. */
    durationSeconds?: number;
    /** Memory that the header of a file, or one packet, may need, in bytes. Default: 64 MiB. */
    decoderMemory?: number;
  };
  /** Priority over other files. Default: "normal". */
  priority?: 'low' | 'normal' | 'high';
}

/** Options for running the model. */
export interface ModelControls {
  /**
   * Gain before the model, -60 to 60 dB, undone after it; "auto" boosts quiet speech, which models
   * tend to remove. Default: "auto"; 0 with `exact`.
   */
  inputGain?: number | 'auto';
  /** Attenuates the remaining noise a little more; only DeepFilterNet supports this. Default: false. */
  postFilter?: boolean;
  /** Runs the model strictly one hop at a time: slower, a reference for the usual mode. Default: false. */
  exact?: boolean;
}

/** How to mix the original and the enhanced audio. The result is aligned to the original. */
export interface MixControls {
  /** Maximum noise attenuation in dB, 0 or more. Default: no limit. */
  attenuationLimit?: number;
  /** Blend of original and enhanced audio, from 0 (original) to 1 (enhanced). Default: 1. */
  mix?: number;
  /** The enhanced audio, or only what was removed. Default: "enhanced". */
  output?: 'enhanced' | 'removed';
}

/** How to write the result. */
export interface Delivery {
  /**
   * Whether talkers who are near and far are brought to one loudness: each turn is raised or lowered by
   * up to 15 dB, and pauses are raised only within half a second of speech that is raised, with true peaks
   * below -1 dBTP. Default: false.
   */
  level?: boolean;
  /** Normalises the result to this loudness in LUFS (EBU R 128), with true peaks below -1 dBTP. Default: no change. */
  loudness?: number;
  /** Default: as in the source; M4A for AAC, Opus for what else is compressed with loss, otherwise WAV. */
  destination?: {
    container?: 'wav' | 'flac' | 'opus' | 'mp3' | 'm4a' | 'raw';
    /** Default: the bit depth of the source, or 16 bits if it is compressed with loss. Not for Opus, MP3 and M4A. */
    sampleFormat?: SampleFormat;
    /** In kbit/s, for Opus (6 to 256 for each channel), MP3 (32 to 320, or 8 to 160 up to 24 kHz) and M4A (8 to 192 for each channel). Default: one that is good for speech. */
    bitrate?: number;
  };
  /**
   * Whether the result of a video is its sound alone. With `false` the result of a video in MP4, MOV,
   * Matroska or WebM is that video with its enhanced sound, unless `destination` asks for another. Default: true.
   */
  audioOnly?: boolean;
  /**
   * Whether the sound of a video that is PCM stays PCM of the same sample format, if `audioOnly` is `false`.
   * Default: it becomes AAC, or Opus in Matroska.
   */
  keepPcm?: boolean;
}

export interface TakeOptions extends ReadOptions, ModelControls {}

export interface RenderOptions extends MixControls, Delivery {}

export interface EnhanceOptions extends ReadOptions, Delivery {
  controls?: ModelControls & MixControls;
}

/** What was measured of a recording. */
export interface Measures {
  /**
   * How listeners would rate it (ITU-T P.835), each from 1, bad, to 5, excellent: the speech, the noise
   * behind it, all of it. Missing if the recording has no samples. Without speech the numbers mean nothing.
   */
  scores?: { signal: number; background: number; overall: number };
  /** How many windows of 9 s were rated. */
  windows: number;
  /** The integrated loudness in LUFS; missing if it is too quiet or too short for one. */
  loudness?: number;
  /** The true peak in dBTP; missing if all is silent. */
  truePeak?: number;
  /** The part that is speech, from 0 to 1. */
  speechShare: number;
  durationSeconds: number;
}

/** A recording before and after it was enhanced. */
export interface Comparison {
  before: Measures;
  after: Measures;
  /** What went wrong, or cannot be known, in English. Nothing if the result is better. */
  findings: Finding[];
}

export interface Finding {
  code: 'little_speech' | 'speech_removed' | 'speech_suffered' | 'very_quiet' | 'not_better';
  /** What happened and what to try, in English, without a full stop. */
  text: string;
}

export interface RateOptions {
  /** Rates at most so many windows of 9 s, evenly spaced, 1 to 64. Default: 8. */
  windows?: number;
}

export interface MeasureOptions extends Omit<ReadOptions, 'priority'>, RateOptions {}

/** A recording: a file of any of the formats. */
export type Source = Blob | Uint8Array | ReadableStream<Uint8Array>;

/** The address of each file of a model by its name, such as a model package exports them, or its content. */
export type ModelFiles = Readonly<Record<string, string | URL | Uint8Array>>;

/**
 * Addresses are relative to the page. All enhancers of a page share the worker, the module and
 * the threads: the first load decides. A later one need not give the addresses again; others than those
 * of the first are an error.
 */
export interface LoadOptions {
  /** Number of threads in the pool, 1 to 64. Default: the number of processors. */
  threads?: number;
  /**
   * The address of `enhancer_wasm_bg.wasm`, which runs where there are threads, or that module, compiled.
   * Default: beside the worker, or where the bundler put it.
   */
  wasm?: string | URL | WebAssembly.Module;
  /**
   * The same of `enhancer_wasm_single_bg.wasm`, which runs where there are none: on pages that are not
   * isolated, and outside of browsers.
   */
  singleWasm?: string | URL | WebAssembly.Module;
  /**
   * The address of `worker.js`, which must have the page's origin. Default: beside `index.js`, or
   * where the bundler put it. Only pages have one.
   */
  worker?: string | URL;
}
