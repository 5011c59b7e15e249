import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRaw, writeWav } from '../support/audio.ts';
import { enhanceNatively, inFolder } from '../support/enhancer.ts';
import { NOISY, SAMPLE_RATE } from '../support/paths.ts';

/** The least signal-to-noise ratio of the browser's results against the native ones, in dB. */
export const NEAR = 80;

/** Bytes of the noisy sample that the tests of the package use: four seconds. */
export const NOISY_BYTES = 4 * SAMPLE_RATE * Float32Array.BYTES_PER_ELEMENT;

/** The beginning of the noisy sample, raw. */
export function noisy(): Buffer {
  return readFileSync(NOISY).subarray(0, NOISY_BYTES);
}

/** The same as a WAV file. */
export function noisyWav(): Buffer {
  return writeWav({ sampleRate: SAMPLE_RATE, channels: 1, samples: readRaw(noisy()) });
}

const known = new Map<string, Float32Array>();

/** The result of the command line for the sample. Each set of options runs only once. */
export function native(...options: string[]): Float32Array {
  const key = options.join(' ');
  const made = known.get(key) ?? run(options);
  known.set(key, made);
  return made;
}

function run(options: string[]): Float32Array {
  return inFolder((folder) => {
    const source = join(folder, 'noisy.raw');
    writeFileSync(source, noisy());
    return readRaw(enhanceNatively(source, 'raw', ...options));
  });
}
