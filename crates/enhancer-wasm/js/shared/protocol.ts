import type { Failure } from './error.js';
import type {
  Comparison,
  EnhanceOptions,
  MeasureOptions,
  Measures,
  Peaks,
  Progress,
  RateOptions,
  RenderOptions,
  Summary,
  TakeOptions,
  VideoContainer,
} from './types.js';

/** The calls by name, with their inputs and outputs. */
export interface Calls {
  load: { input: LoadInput; output: Loaded };
  enhance: { input: { model: number; file: Bytes; options: EnhanceOptions }; output: Written };
  take: { input: { model: number; file: Blob; options: TakeOptions }; output: Taken };
  render: { input: RenderInput; output: Rendered };
  /** Frees a take, and removes its file if it has one. */
  discard: { input: { take: number; stored: string | undefined }; output: undefined };
  /** Removes the file of a rendered result. */
  remove: { input: { stored: string }; output: undefined };
  /** Frees a model. */
  close: { input: { model: number }; output: undefined };
  loadRater: { input: LoadInput; output: { rater: number } };
  measure: { input: { rater: number; file: Bytes; options: MeasureOptions }; output: Measures };
  compare: { input: CompareInput; output: Comparison };
  closeRater: { input: { rater: number }; output: undefined };
}

export type CallName = keyof Calls;

/** Bytes that can be read from any position. */
export type Bytes = Blob | Uint8Array;

export interface LoadInput {
  /**
   * The address of the model's folder, or each file by its name, as an address or as its content.
   * Addresses are absolute.
   */
  model: string | Record<string, string | Uint8Array>;
  threads: number;
  /** The absolute address of the WebAssembly module, or the module, if the page sets one. */
  wasm: string | WebAssembly.Module | undefined;
  /** The same for the module without threads. */
  singleWasm: string | WebAssembly.Module | undefined;
  /** The same for the module that reads `.tflite` files. */
  tfliteWasm: string | WebAssembly.Module | undefined;
  /** The base of relative addresses. The worker's own address may be a `blob:`. */
  base: string;
}

/** A model in the worker. */
export interface Loaded {
  model: number;
  name: string;
  sampleRate: number | undefined;
  licence: string | undefined;
  /** The number of threads that run it; 1 without threads. */
  threads: number;
}

/** A take in the worker. `stored` is the file that holds its audio, if it has one. */
export interface Taken {
  take: number;
  audio: Blob;
  stored: string | undefined;
  summary: Summary;
  peaks: Peaks;
  video: VideoContainer | undefined;
}

/** A written result. */
export interface Written {
  blob: Blob;
  summary: Summary;
}

/** A rendered result. `stored` is the file that holds it, if it has one. */
export interface Rendered extends Written {
  stored: string | undefined;
}

export interface RenderInput {
  take: number;
  /** For a video, everything except the sound is copied from it. */
  source: Blob;
  audio: Blob;
  options: RenderOptions;
}

export interface CompareInput {
  rater: number;
  /** The audio of a take. */
  audio: Blob;
  options: RateOptions & { sampleRate: number; channels: number };
}

/** From the page to the worker. */
export type Request =
  | { [Name in CallName]: { id: number; name: Name; input: Calls[Name]['input'] } }[CallName]
  | { id: number; name: 'abort' }
  /** Asks for a sign of life. */
  | { name: 'ping' };

/** From the worker to the page. */
export type Reply =
  | { id: number; kind: 'done'; output: unknown }
  | { id: number; kind: 'failed'; failure: Failure }
  | { id: number; kind: 'progress'; progress: Progress }
  | { kind: 'alive' };
