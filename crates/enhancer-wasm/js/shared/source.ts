import type { Like } from './enhancer.js';
import { EnhancerError } from './error.js';
import type { Source } from './types.js';

/** The whole of a source, in a form that can be read from anywhere. */
export async function readable(source: Source): Promise<Blob | Uint8Array> {
  if (source instanceof Blob || source instanceof Uint8Array) return source;
  if (!(source instanceof ReadableStream)) {
    const message = 'the source is neither a Blob, nor a Uint8Array, nor a ReadableStream';
    throw new EnhancerError('invalid_value', message);
  }
  try {
    return await new Response(source).blob();
  } catch (thrown) {
    throw new EnhancerError('read', `the stream of the source failed: ${String(thrown)}`);
  }
}

/** The result in the form of its source. */
export async function alike<Given extends Source>(
  source: Given,
  result: Blob,
): Promise<Like<Given>> {
  // Of each form the result is the one that the type says; the compiler cannot follow that.
  if (source instanceof Blob) return result as Like<Given>;
  if (source instanceof Uint8Array) return (await bytesOf(result)) as Like<Given>;
  return result.stream() as Like<Given>;
}

/** The content of a source. */
export async function bytesOf(source: Blob | Uint8Array): Promise<Uint8Array> {
  return source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
}
