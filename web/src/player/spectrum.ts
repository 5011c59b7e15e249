import FFT from 'fft.js';
import { toDecibels } from './level';
import { PALETTE } from './palette';
import { frequencyAt } from './pitch';

/** The levels at the ends of the palette, dB. A full-scale tone has 0. */
const FLOOR = -105;
const TOP = -25;

/** Magnitudes of real spectra. A full-scale tone has 1. */
export class Spectrum {
  readonly bins: number;
  readonly #fft: FFT;
  readonly #window: Float32Array;
  readonly #windowed: Float32Array;
  readonly #complex: number[];

  constructor(size: number) {
    this.bins = size / 2 + 1;
    this.#fft = new FFT(size);
    this.#window = Float32Array.from(
      { length: size },
      (_, i) => (1 - Math.cos((2 * Math.PI * i) / size)) * (2 / size),
    );
    this.#windowed = new Float32Array(size);
    this.#complex = this.#fft.createComplexArray();
  }

  /** Writes the magnitudes of `size` samples. */
  of(samples: Float32Array, magnitudes: Float32Array): void {
    for (let i = 0; i < samples.length; i++)
      this.#windowed[i] = (samples[i] ?? 0) * (this.#window[i] ?? 0);
    this.#fft.realTransform(this.#complex, this.#windowed);
    for (let bin = 0; bin < this.bins; bin++) {
      magnitudes[bin] = Math.hypot(this.#complex[2 * bin] ?? 0, this.#complex[2 * bin + 1] ?? 0);
    }
  }
}

/**
 * The bins of each of `rows` rows, the highest frequency first: from the first value up to, but not
 * including, the second.
 */
export function rowsOf(rows: number, bins: number, rate: number): [number, number][] {
  const bin = (height: number) => (frequencyAt(height, rate) / (rate / 2)) * (bins - 1);
  return Array.from({ length: rows }, (_, row) => {
    const low = Math.round(bin((rows - 1 - row) / rows));
    const high = Math.round(bin((rows - row) / rows));
    return [low, Math.max(high, low + 1)];
  });
}

/** The index of a magnitude's colour in the palette, 0 to 255. */
export function shade(magnitude: number): number {
  const share = (toDecibels(Math.max(magnitude, 1e-9)) - FLOOR) / (TOP - FLOOR);
  return Math.round(255 * Math.min(Math.max(share, 0), 1));
}

/** Paints one column of an RGBA image that is `width` pixels wide. */
export function paint(
  image: Uint8ClampedArray,
  width: number,
  column: number,
  magnitudes: Float32Array,
  rows: [number, number][],
): void {
  rows.forEach(([from, to], row) => {
    let largest = 0;
    for (let bin = from; bin < to; bin++) largest = Math.max(largest, magnitudes[bin] ?? 0);
    const colour = 4 * shade(largest);
    image.set(PALETTE.subarray(colour, colour + 4), 4 * (row * width + column));
  });
}
