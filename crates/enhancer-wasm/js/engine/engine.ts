import type { Enhancer, Rater } from '../../pkg/single/enhancer_wasm_single.js';
import type { Bytes, LoadInput } from '../shared/protocol.js';
import type { Storage } from './storage.js';

/** What the calls are made on: a started WebAssembly instance and what the host gives it. */
export interface Engine {
  /** Threads of the pool; 1 without threads. */
  readonly threads: number;
  /** Where takes and results are kept; nothing where that is memory. */
  readonly storage: Storage | undefined;
  load(input: LoadInput): Promise<Enhancer>;
  loadRater(input: LoadInput): Promise<Rater>;
  /** A source in a form that the instance reads here. */
  accept(source: Bytes): Promise<Bytes>;
}
