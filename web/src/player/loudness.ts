import type { Take } from 'enhancer-wasm';
import type { Blend } from './mix';

/** Seconds of one step. Four steps make a block, the unit that has a loudness. */
const STEP = 0.1;
const STEPS_OF_BLOCK = 4;
/** Seconds per read: short enough that nobody notices its cost. */
const PIECE = 0.5;
/**
 * A file longer than this many stretches of this many seconds is measured in stretches spread
 * evenly over it.
 */
const STRETCHES = 60;
const STRETCH = 2;
/** Quieter blocks do not count: first below so many LUFS, then so many LU below the mean of the others. */
const ABSOLUTE_GATE = -70;
const RELATIVE_GATE = -10;

/**
 * Weighted energies of both signals and of their product, one value per block. The loudness of
 * any blend of the two can be computed from them.
 */
export interface Energies {
  original: number[];
  enhanced: number[];
  product: number[];
}

/**
 * Measures the loudness of a take by ITU-R BS.1770-4, until `signal` aborts. All channels have the
 * same weight. A take longer than two minutes is measured in stretches spread over it.
 */
export async function measure(
  take: Pick<Take, 'summary' | 'read'>,
  signal: AbortSignal,
): Promise<Energies> {
  const { samples, sampleRate, channels } = take.summary;
  const energies: Energies = { original: [], enhanced: [], product: [] };
  const piece = Math.round(PIECE * sampleRate);
  for (const { from, to } of stretches(samples, sampleRate)) {
    const meter = new Meter(sampleRate, channels, energies);
    for (let at = from; at < to; at += piece) {
      const { original, enhanced } = await take.read(at, Math.min(piece, to - at));
      signal.throwIfAborted();
      meter.push(original, enhanced);
    }
  }
  return energies;
}

/** The stretches of a file to measure, in samples. */
export function stretches(samples: number, rate: number): { from: number; to: number }[] {
  const length = Math.round(STRETCH * rate);
  if (samples <= STRETCHES * length) return [{ from: 0, to: samples }];
  return Array.from({ length: STRETCHES }, (_, i) => {
    const from = Math.round((i * (samples - length)) / (STRETCHES - 1));
    return { from, to: from + length };
  });
}

/** The integrated loudness of a blend in LUFS; -Infinity if it is too quiet or too short. */
export function loudnessOf({ original, enhanced, product }: Energies, blend: Blend): number {
  const { original: a, enhanced: b } = blend;
  const blocks = original.map(
    (energy, i) => a * a * energy + 2 * a * b * (product[i] ?? 0) + b * b * (enhanced[i] ?? 0),
  );
  const loud = blocks.filter((energy) => lufs(energy) > ABSOLUTE_GATE);
  const gate = lufs(mean(loud)) + RELATIVE_GATE;
  return lufs(mean(loud.filter((energy) => lufs(energy) > gate)));
}

function lufs(energy: number): number {
  return -0.691 + 10 * Math.log10(energy);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sums over one step: squares of both signals, and products. */
type Sums = Record<keyof Energies, number>;

const PARTS = ['original', 'enhanced', 'product'] as const;

/** Measures one stretch. */
class Meter {
  readonly #filters: Record<keyof Blend, KWeighting[]>;
  readonly #energies: Energies;
  readonly #step: number;
  #taken = 0;
  #sums: Sums = { original: 0, enhanced: 0, product: 0 };
  /** The latest steps, at most one block. */
  #steps: Sums[] = [];

  constructor(rate: number, channels: number, energies: Energies) {
    const filters = () => Array.from({ length: channels }, () => new KWeighting(rate));
    this.#filters = { original: filters(), enhanced: filters() };
    this.#energies = energies;
    this.#step = Math.round(STEP * rate);
  }

  /** Takes the next samples, one array a channel, and overwrites them. */
  push(original: Float32Array[], enhanced: Float32Array[]): void {
    original.forEach((samples, channel) => this.#filters.original[channel]?.apply(samples));
    enhanced.forEach((samples, channel) => this.#filters.enhanced[channel]?.apply(samples));
    const count = original[0]?.length ?? 0;
    for (let at = 0; at < count;) {
      const end = Math.min(at + this.#step - this.#taken, count);
      original.forEach((a, channel) => this.#sum(a, enhanced[channel] ?? a, at, end));
      this.#taken += end - at;
      at = end;
      if (this.#taken === this.#step) this.#finishStep();
    }
  }

  #sum(original: Float32Array, enhanced: Float32Array, from: number, to: number): void {
    const sums = this.#sums;
    for (let i = from; i < to; i++) {
      const [x, y] = [original[i] ?? 0, enhanced[i] ?? 0];
      sums.original += x * x;
      sums.enhanced += y * y;
      sums.product += x * y;
    }
  }

  #finishStep(): void {
    this.#steps = [...this.#steps, this.#sums].slice(-STEPS_OF_BLOCK);
    this.#sums = { original: 0, enhanced: 0, product: 0 };
    this.#taken = 0;
    if (this.#steps.length < STEPS_OF_BLOCK) return;
    for (const part of PARTS) {
      const sum = this.#steps.reduce((sum, step) => sum + step[part], 0);
      this.#energies[part].push(sum / (STEPS_OF_BLOCK * this.#step));
    }
  }
}

/** Two filters in a row that weight frequencies as ears do: a shelf and a high-pass. */
class KWeighting {
  readonly #shelf: Biquad;
  readonly #highPass: Biquad;

  /** The filters of the standard at `rate`. The standard gives coefficients only for 48 kHz. */
  constructor(rate: number) {
    const [high, low] = [Math.tan((Math.PI * 1681.9744509555319) / rate), 0.7071752369554193];
    const [lift, middle] = [1.584864701130855, 1.258720930232562];
    const square = high * high;
    this.#shelf = new Biquad(1 + high / low + square, [
      lift + (middle * high) / low + square,
      2 * (square - lift),
      lift - (middle * high) / low + square,
      2 * (square - 1),
      1 - high / low + square,
    ]);
    const [cut, quality] = [Math.tan((Math.PI * 38.13547087613982) / rate), 0.5003270373253953];
    const scale = 1 + cut / quality + cut * cut;
    this.#highPass = new Biquad(scale, [
      scale,
      -2 * scale,
      scale,
      2 * (cut * cut - 1),
      1 - cut / quality + cut * cut,
    ]);
  }

  /** Filters in place. Continues from the previous samples. */
  apply(samples: Float32Array): void {
    this.#shelf.apply(samples);
    this.#highPass.apply(samples);
  }
}

/** y = b0 x + b1 x' + b2 x" - a1 y' - a2 y", where a dash is one sample ago. */
class Biquad {
  readonly #factors: readonly [number, number, number, number, number];
  #first = 0;
  #second = 0;

  /** `factors` are b0, b1, b2, a1, a2, each times `scale`. */
  constructor(scale: number, factors: readonly [number, number, number, number, number]) {
    const [b0, b1, b2, a1, a2] = factors;
    this.#factors = [b0 / scale, b1 / scale, b2 / scale, a1 / scale, a2 / scale];
  }

  apply(samples: Float32Array): void {
    const [b0, b1, b2, a1, a2] = this.#factors;
    let [first, second] = [this.#first, this.#second];
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i] ?? 0;
      const y = b0 * x + first;
      first = b1 * x - a1 * y + second;
      second = b2 * x - a2 * y;
      samples[i] = y;
    }
    [this.#first, this.#second] = [first, second];
  }
}
