import { call } from '../engine/calls.js';
import { EnhancerError, failureOf } from '../shared/error.js';
import type { CallName, Calls } from '../shared/protocol.js';
import type { Progress, Run } from '../shared/types.js';
import type { Wire } from '../shared/wire.js';
import { start } from './start.js';

/** Does the work on this thread, which can run other code between the blocks of a recording. */
export const inline: Wire = {
  isRemote: false,

  async call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['input'],
    { onProgress, signal }: Run = {},
  ): Promise<Calls[Name]['output']> {
    let threw: { thrown: unknown } | undefined;
    const report = (progress: Progress) => {
      try {
        onProgress?.(progress);
      } catch (thrown) {
        threw = { thrown };
        throw thrown;
      }
    };
    try {
      return await call(name, input, { onProgress: report, signal, start });
    } catch (thrown) {
      if (threw) throw threw.thrown;
      const { code, message } = failureOf(thrown);
      throw new EnhancerError(code, message);
    }
  },
};
