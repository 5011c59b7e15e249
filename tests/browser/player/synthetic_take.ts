import type { Take } from 'enhancer-wasm';
import { type Kind, pair, type Signal } from './signals';

export interface Recipe {
  kind: Kind;
  seconds: number;
  rate?: number;
  channels?: number;
  /** From this frame on, reads fail. */
  broken?: number;
}

/** A take that computes its audio when it is read, and records the reads. */
export class SyntheticTake implements Pick<Take, 'summary' | 'peaks' | 'read'> {
  readonly summary: Take['summary'];
  readonly peaks: Take['peaks'];
  readonly reads: { from: number; count: number }[] = [];
  readonly #recipe: Recipe;

  constructor(recipe: Recipe) {
    const { kind, seconds, rate = 48000, channels = 1 } = recipe;
    this.#recipe = recipe;
    const samples = Math.round(seconds * rate);
    this.summary = {
      samples,
      channels,
      sampleRate: rate,
      durationSeconds: seconds,
      video: false,
      usualContainer: 'wav',
      usualSampleFormat: 's16le',
      track: { number: 1, count: 1 },
    } as Take['summary'];
    const { original, enhanced } = pair(kind, rate);
    const perSecond = 100;
    const peaks = (signal: Signal) =>
      Float32Array.from({ length: Math.ceil(seconds * perSecond) }, (_, block) => {
        let peak = 0;
        for (let i = 0; i < rate / perSecond; i += 4)
          peak = Math.max(peak, Math.abs(signal((block * rate) / perSecond + i)));
        return peak;
      });
    this.peaks = { original: peaks(original), enhanced: peaks(enhanced), perSecond };
  }

  async read(from: number, count: number) {
    const { kind, rate = 48000, channels = 1, broken = Infinity } = this.#recipe;
    this.reads.push({ from, count });
    if (from + count > broken) throw new Error('The disk gave up.');
    const held = Math.max(0, Math.min(count, this.summary.samples - from));
    const { original, enhanced } = pair(kind, rate);
    const planes = (signal: Signal) =>
      Array.from({ length: channels }, () =>
        Float32Array.from({ length: held }, (_, i) => signal(from + i)),
      );
    return { original: planes(original), enhanced: planes(enhanced) };
  }
}
