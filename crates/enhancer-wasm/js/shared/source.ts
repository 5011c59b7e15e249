import type { Like } from './enhancer.js';
import { EnhancerError } from './error.js';
import type { Bytes } from './protocol.js';
import type { Source } from './types.js';
import type { Wire } from './wire.js';

/** A source as it is sent: at once, unless it is a stream, for the caller may change an array. */
export function sentOf(
  source: Source,
  wire: Wire,
  signal: AbortSignal | undefined,
): Bytes | Promise<Blob> {
  if (source instanceof ReadableStream) return wholeOf(source, signal);
  return wire.isRemote ? blobOf(source) : source;
}

/** The whole of a stream. */
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

/** A source that no one changes any more. */
export function blobOf(source: Blob | Uint8Array): Blob {
  // A copy, for no Blob is made of shared memory.
  return source instanceof Blob ? source : new Blob([new Uint8Array(source)]);
}

/** The content of a source. */
export async function bytesOf(source: Blob | Uint8Array): Promise<Uint8Array> {
  return source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
}

/** Refuses what is none of the forms of a source. */
export function checkSource(source: Source): void {
  const forms = [Blob, Uint8Array, ReadableStream];
  if (forms.some((form) => (source as unknown) instanceof form)) return;
  const message = 'the source is neither a Blob, nor a Uint8Array, nor a ReadableStream';
  throw new EnhancerError('invalid_value', message);
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
