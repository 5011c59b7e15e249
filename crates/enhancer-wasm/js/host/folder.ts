import type { ModelFolder } from '../engine/binding.js';
import { EnhancerError } from '../shared/error.js';
import type { LoadInput } from '../shared/protocol.js';
import { place, read } from './read.js';

const DESCRIPTION = 'model.json';

/**
 * Reads a model: a folder, or files by name. `filesOf` returns the file names in a description.
 *
 * @throws {EnhancerError} `read`, `invalid_value` if a file is missing, `invalid_description`.
 */
export async function readFolder(
  model: LoadInput['model'],
  filesOf: (description: Uint8Array) => string[],
): Promise<ModelFolder> {
  const description = await file(model, DESCRIPTION);
  const files = await Promise.all(filesOf(description).map((name) => file(model, name)));
  return { description, files };
}

async function file(model: LoadInput['model'], name: string): Promise<Uint8Array> {
  if (typeof model === 'string') return read(inFolder(model, name));
  const given = model[name];
  if (given === undefined) {
    throw new EnhancerError('invalid_value', `the model needs ${name}, which is missing`);
  }
  return typeof given === 'string' ? read(given) : given;
}

/** The address of a file. The query of the folder's address is kept. */
function inFolder(folder: string, name: string): string | URL {
  const at = place(folder);
  if (typeof at === 'string') return `${at.replace(/\/+$/, '')}/${name}`;
  at.pathname = `${at.pathname.replace(/\/+$/, '')}/${encodeURIComponent(name)}`;
  return at;
}
