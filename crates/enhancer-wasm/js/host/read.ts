import { EnhancerError } from '../shared/error.js';
import { here } from './host.js';

/** Does not match the letter of a drive. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/** Converts an address to an absolute URL, or returns it as a path. */
export function place(address: string | URL): string | URL {
  if (typeof address !== 'string') return new URL(String(address));
  return SCHEME.test(address) ? new URL(address) : address;
}

/**
 * Reads the content at an address: a path, or a URL.
 *
 * @throws {EnhancerError} `read`.
 */
export async function read(address: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const at = place(address);
  try {
    if (typeof at !== 'string' && at.protocol !== 'file:') return await fetched(at);
    const { readFile } = here();
    if (!readFile) throw new Error('this runtime has no files: give a URL or the content');
    return new Uint8Array(await readFile(at));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new EnhancerError('read', `${String(at)} cannot be read: ${reason}`);
  }
}

async function fetched(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server responded with ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
