import type { CallName, Calls } from './protocol.js';
import type { Run } from './types.js';

/** Calls of what does the work: a worker of the page, or this same thread. */
export interface Wire {
  /** Whether what is sent is copied: to another thread. */
  readonly isRemote: boolean;
  /** Rejects with an `EnhancerError`, or with what `onProgress` threw. */
  call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['input'],
    run?: Run,
  ): Promise<Calls[Name]['output']>;
}
