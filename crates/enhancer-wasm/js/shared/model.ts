import type { LoadInput } from './protocol.js';
import type { ModelFiles } from './types.js';

/** A model as a load takes it. `absolute` makes an address one that can be read from there. */
export function modelInput(
  model: string | URL | ModelFiles,
  absolute: (address: string | URL) => string,
): LoadInput['model'] {
  if (typeof model === 'string' || model instanceof URL) return absolute(model);
  return Object.fromEntries(
    Object.entries(model).map(([name, file]) => [
      name,
      file instanceof Uint8Array ? file : absolute(file),
    ]),
  );
}
