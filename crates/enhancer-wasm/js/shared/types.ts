/** Called while work is under way, and what ends it. */
export interface Run {
  onProgress?: (progress: Progress) => void;
  /** Ends the call: it rejects with an `EnhancerError` of code `cancelled`. */
  signal?: AbortSignal;
}

/** How far a call is, in samples of one channel. */
export interface Progress {
  received: number;
  enhanced: number;
  /** How many there will be, where the file tells. */
  expected?: number;
  /** Of a take: the peaks since the last call. */
  peaks?: Peaks;
}

/** The largest magnitude over all channels in each block of 1/100 s; the last may be shorter. */
export interface Peaks {
  original: Float32Array;
  enhanced: Float32Array;
}

/** What became of a file. */
export interface Summary {
  /** Of each channel. */
  samples: number;
  channels: number;
  /** In Hz. */
  sampleRate: number;
  durationSeconds: number;
  /** Whether the source is a video, of which this is the audio. */
  video: boolean;
  /** What of the source was broken, if anything was; what was lost is silence, or missing at the end. */
  damage?: { atSeconds: number; reason: string; places: number };
}

export type SampleFormat = 's16le' | 's24le' | 's32le' | 'f32le';

/** How a file is read. */
export interface ReadOptions {
  /** Says that the bytes are raw samples, and which. Default: the bytes tell what they are. */
  raw?: {
    sampleFormat: SampleFormat;
    /** In Hz. */
    sampleRate: number;
    channels: number;
  };
  /** Whether damage is an error. Default: what can be read is enhanced, and the summary says where it broke. */
  strict?: boolean;
  /** What is accepted of a source. */
  limits?: {
    /** Default: 64. */
    channels?: number;
    /** In Hz. Default: 768000. */
    sampleRate?: number;
    /** Default: a day. */
    durationSeconds?: number;
    /** How many times its own size a file of plain samples may declare. Default: 100. */
    declaredRatio?: number;
    /** Bytes that the head of a file, or one packet, may take. Default: 64 MiB. */
    decoderMemory?: number;
  };
  /** Which other files it gives way to. Default: "normal". */
  priority?: 'low' | 'normal' | 'high';
}

/** What decides the network's run. */
export interface ModelControls {
  /**
   * The gain by which the model hears the input, -60 to 60 dB, undone behind it; "auto" raises
   * quiet speech, which models tend to delete. Default: "auto"; 0 with `exact`.
   */
  inputGain?: number | 'auto';
  /** Attenuates a little further what is still noisy; DeepFilterNet alone has this. Default: false. */
  postFilter?: boolean;
  /** Runs the model strictly hop by hop: slower; the reference for the usual way. Default: false. */
  exact?: boolean;
}

/** What is made of the original and what the network gave; the result is aligned to the original. */
export interface MixControls {
  /** The most by which noise is attenuated, in dB, 0 or more; the rest of it stays. Default: no limit. */
  attenuationLimit?: number;
  /** How much of the result is enhanced, 0 to 1; 0 is the original. Default: 1. */
  mix?: number;
  /** What comes out: the enhanced audio, or what was removed from it. Default: "enhanced". */
  output?: 'enhanced' | 'removed';
}

/** How a result is written. */
export interface Delivery {
  /** The loudness that it is brought to, in LUFS (EBU R128), peaks kept below -1 dBTP. Default: as it comes. */
  loudness?: number;
  /** Default: as the source is, or as WAV if that cannot be written. */
  destination?: {
    container?: 'wav' | 'flac' | 'raw';
    /** Default: as deep as the source; 16 bits if that is compressed with loss. */
    sampleFormat?: SampleFormat;
  };
}

export interface TakeOptions extends ReadOptions, ModelControls {}

export interface RenderOptions extends MixControls, Delivery {}

export interface EnhanceOptions extends ReadOptions, Delivery {
  controls?: ModelControls & MixControls;
}

export interface LoadOptions {
  /**
   * Threads of the pool, 1 to 64, which all enhancers of a page share: the first load decides.
   * Default: as many as the processor runs at once.
   */
  threads?: number;
}
