import { EnhancerError } from './error.js';
import type { LoadInput } from './protocol.js';
import type { ModelFiles } from './types.js';

/** The expected argument of each call. */
const ADVICE = {
  load:
    "Give the address of a model's folder, such as '/models/deepfilternet3', or what a model package " +
    "exports: import model from 'enhancer-model-deepfilternet3'",
  loadRater:
    "Give the address of the network's folder, such as '/models/dnsmos', or its files by name",
} as const;

/**
 * Converts a model argument to the input of a load. `absolute` makes an address absolute.
 *
 * @throws {EnhancerError} `invalid_value` if it is something else.
 */
export function modelInput(
  call: keyof typeof ADVICE,
  model: string | URL | ModelFiles,
  absolute: (address: string | URL) => string,
): LoadInput['model'] {
  if (isAddress(model)) return absolute(model);
  if (typeof model !== 'object' || model === null) throw noModel(call, `it is ${String(model)}`);
  const files = Object.entries(model);
  if (files.length === 0) throw noModel(call, 'it has no files');
  return Object.fromEntries(
    files.map(([name, file]) => {
      if (file instanceof Uint8Array) return [name, file];
      if (isAddress(file)) return [name, absolute(file)];
      throw noModel(call, `its “${name}” is neither an address nor a Uint8Array`);
    }),
  );
}

/** Whether the value is a string or a URL. Some bundlers use objects that only look like a URL. */
function isAddress(value: unknown): value is string | URL {
  if (typeof value === 'string' || value instanceof URL) return true;
  return typeof value === 'object' && value !== null && 'href' in value;
}

function noModel(call: keyof typeof ADVICE, reason: string): EnhancerError {
  const name = call === 'load' ? 'Enhancer' : 'Rater';
  return new EnhancerError(
    'invalid_value',
    `${name}.load needs a model, but ${reason}. ${ADVICE[call]}`,
  );
}
