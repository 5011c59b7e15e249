import type { CallName, Calls } from './protocol.js';
import type { Run } from './types.js';

/** Sends calls to what does the work: a worker of the page, or this thread. */
export interface Wire {
  /** Whether sent values are copied to another thread. */
  readonly isRemote: boolean;
  /** Rejects with an `EnhancerError`, or with what `onProgress` threw. */
  call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['input'],
    run?: Run,
  ): Promise<Calls[Name]['output']>;
}
