import type { Enhancer, Rater } from '../../pkg/single/enhancer_wasm_single.js';
import type { Bytes, LoadInput } from '../shared/protocol.js';
import type { Storage } from './storage.js';

/** A started WebAssembly instance. */
export interface Instance {
  /** The number of threads that run its models. */
  readonly threads: number;
  load(model: LoadInput['model']): Promise<Enhancer>;
  loadRater(model: LoadInput['model']): Promise<Rater>;
}

/** The started WebAssembly instances, and what the host provides for them. Calls run on it. */
export interface Engine {
  /** The place for takes and results; `undefined` if they are kept in memory. */
  readonly storage: Storage | undefined;
  /** Calls `make` with an instance, and, if that does not support the model, with another one. */
  load<Made>(make: (instance: Instance) => Promise<Made>): Promise<Made>;
  /** Converts a source to a form that the instances can read here. */
  accept(source: Bytes): Promise<Bytes>;
}
