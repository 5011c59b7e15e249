import type { Enhancer, Rater } from '../../pkg/single/enhancer_wasm_single.js';
import type { Bytes, LoadInput } from '../shared/protocol.js';
import type { Storage } from './storage.js';

/** A started WebAssembly instance, and what the host provides for it. Calls run on it. */
export interface Engine {
  /** The number of threads in the pool; 1 without threads. */
  readonly threads: number;
  /** The place for takes and results; `undefined` if they are kept in memory. */
  readonly storage: Storage | undefined;
  load(input: LoadInput): Promise<Enhancer>;
  loadRater(input: LoadInput): Promise<Rater>;
  /** Converts a source to a form that the instance can read here. */
  accept(source: Bytes): Promise<Bytes>;
}
