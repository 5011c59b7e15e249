import { EnhancerError, failureOf } from '../shared/error.js';
import type { Engine, Instance } from './engine.js';

/**
 * Returns a function that loads models with the instance `main`, or, if that does not support a model,
 * with another one, which reads `.tflite` files. Most pages need only `main`, so `start` is not called
 * before such a model is loaded.
 */
export function withTflite(main: Instance, start: () => Promise<Instance>): Engine['load'] {
  let reader: Promise<Instance> | undefined;
  const startOnce = async (): Promise<Instance> => {
    reader ??= start();
    return reader.catch((thrown) => {
      // The next load may succeed.
      reader = undefined;
      throw thrown;
    });
  };
  return async (make) => {
    try {
      return await make(main);
    } catch (thrown) {
      const { code, message } = failureOf(thrown);
      if (code !== 'unsupported_model') throw thrown;
      const instance = await startOnce().catch((reason) => {
        throw unsupported(message, failureOf(reason).message);
      });
      return make(instance);
    }
  };
}

/** Adds advice to the error of `main`, and the reason why the other instance did not start. */
function unsupported(message: string, reason: string): EnhancerError {
  const advice =
    'If its files are .tflite files, compile them with “model-exporter compile”, or provide the ' +
    `module that reads them: ${reason}`;
  return new EnhancerError('unsupported_model', `${message}. ${advice}`);
}
