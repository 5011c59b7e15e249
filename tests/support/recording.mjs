// A recording, and its native results.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(import.meta.dirname, '../..');

/** Runs a command in a folder. If it fails, rejects with its output. */
export const run = (cwd, command, ...args) => promisify(execFile)(command, args, { cwd });

const RAW = join(ROOT, 'audio_samples/audio_file_48k.raw');

/** Writes this many seconds of noisy speech as WAV, mono, 16 bits, and returns the file. */
export async function record(folder, seconds = 10) {
  const raw = await readFile(RAW);
  const samples = new Float32Array(raw.buffer, raw.byteOffset, 48_000 * seconds);
  const data = Int16Array.from(samples, (sample) => Math.round(32_767 * sample));
  return writeWav(join(folder, 'noisy.wav'), 1, data);
}

/** Writes two seconds of noisy speech, then the same from farther away, as WAV of 32-bit floats, mono. */
export async function recordFloats(folder) {
  const raw = await readFile(RAW);
  const near = new Float32Array(raw.buffer, raw.byteOffset, 120_000).subarray(24_000);
  const data = Float32Array.from([...near, ...near.map((sample) => sample / 4)]);
  return writeWav(join(folder, 'near-and-far.wav'), 3, data);
}

/** Writes samples in a format, given by its number in WAV: mono, 48 kHz. */
async function writeWav(file, format, data) {
  const { byteLength, BYTES_PER_ELEMENT: bytes } = data;
  const head = new DataView(new ArrayBuffer(44));
  const text = (at, word) => [...word].forEach((c, i) => head.setUint8(at + i, c.charCodeAt(0)));
  text(0, 'RIFF');
  head.setUint32(4, 36 + byteLength, true);
  text(8, 'WAVEfmt ');
  head.setUint32(16, 16, true);
  [format, 1].forEach((value, index) => head.setUint16(20 + 2 * index, value, true));
  [48_000, 48_000 * bytes].forEach((value, index) => head.setUint32(24 + 4 * index, value, true));
  [bytes, 8 * bytes].forEach((value, index) => head.setUint16(32 + 2 * index, value, true));
  text(36, 'data');
  head.setUint32(40, byteLength, true);
  await writeFile(file, [new Uint8Array(head.buffer), new Uint8Array(data.buffer)]);
  return file;
}

/** Enhances a file with the command line. */
export async function enhanceNatively(source, destination, ...options) {
  await run(ROOT, join(ROOT, 'target/debug/enhancer'), source, '-o', destination, ...options);
  return destination;
}

/** The command line's measures of a file. */
export async function measureNatively(file) {
  const { stdout } = await run(ROOT, join(ROOT, 'target/debug/enhancer'), 'score', '--json', file);
  return JSON.parse(stdout);
}

/** The samples of a WAV file of 16 bits. */
export async function samples(file) {
  const data = await dataOf(file);
  return Int16Array.from({ length: data.byteLength / 2 }, (_, at) => data.getInt16(2 * at, true));
}

/** The samples of a WAV file of 32-bit floats. */
export async function floats(file) {
  const data = await dataOf(file);
  const length = data.byteLength / 4;
  return Float32Array.from({ length }, (_, at) => data.getFloat32(4 * at, true));
}

/** The bytes of the samples of a WAV file. */
async function dataOf(file) {
  const { buffer, byteOffset, byteLength } = await readFile(file);
  const view = new DataView(buffer, byteOffset, byteLength);
  let at = 12;
  while (view.getUint32(at) !== 0x64617461) at += 8 + view.getUint32(at + 4, true);
  return new DataView(buffer, byteOffset + at + 8, view.getUint32(at + 4, true));
}

/** How much louder the signal is than its difference from the other, in dB. */
export function snr(signal, other) {
  const energy = (of) => signal.reduce((sum, _, at) => sum + of(at) ** 2, 0);
  return 10 * Math.log10(energy((at) => signal[at]) / energy((at) => signal[at] - other[at]));
}
