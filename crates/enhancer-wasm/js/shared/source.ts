import type { Like } from './enhancer.js';
import { EnhancerError } from './error.js';
import type { Bytes } from './protocol.js';
import type { Source } from './types.js';
import type { Wire } from './wire.js';

/**
 * Returns a source in the form in which it is sent. That is synchronous except for streams, because
 * the caller may change an array afterwards.
 */
export function sentOf(
  source: Source,
  wire: Wire,
  signal: AbortSignal | undefined,
): Bytes | Promise<Blob> {
  if (source instanceof ReadableStream) return wholeOf(source, signal);
  return wire.isRemote ? blobOf(source) : source;
}

/** Reads a whole stream. */
export async function wholeOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  const parts: BlobPart[] = [];
  const write = (part: Uint8Array) => void parts.push(new Uint8Array(part));
  try {
    await stream.pipeTo(new WritableStream({ write }), signal ? { signal } : {});
  } catch (thrown) {
    if (signal?.aborted) throw new EnhancerError('cancelled', 'the call was cancelled');
    throw new EnhancerError('read', `the stream of the source failed: ${String(thrown)}`);
  }
  return new Blob(parts);
}

/** Returns a source that cannot change any more. */
export function blobOf(source: Blob | Uint8Array): Blob {
  // A copy, because a Blob cannot be made from shared memory.
  return source instanceof Blob ? source : new Blob([new Uint8Array(source)]);
}

/** Reads the content of a source. */
export async function bytesOf(source: Blob | Uint8Array): Promise<Uint8Array> {
  return source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
}

/** Throws if the value does not have a form of a source. */
export function checkSource(source: Source): void {
  const forms = [Blob, Uint8Array, ReadableStream];
  if (forms.some((form) => (source as unknown) instanceof form)) return;
  const message = 'the source is neither a Blob, nor a Uint8Array, nor a ReadableStream';
  throw new EnhancerError('invalid_value', message);
}

/** Converts the result to the form of its source. */
export async function alike<Given extends Source>(
  source: Given,
  result: Blob,
): Promise<Like<Given>> {
  // For each form, the result has the matching type. The compiler cannot follow that.
  if (source instanceof Blob) return result as Like<Given>;
  if (source instanceof Uint8Array) return (await bytesOf(result)) as Like<Given>;
  return result.stream() as Like<Given>;
}
