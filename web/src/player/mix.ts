import { fromDecibels } from './level';

/** What is heard: the original, the result, or the part that was removed. */
export const SOURCES = ['original', 'enhanced', 'removed'] as const;
export type Source = (typeof SOURCES)[number];

/** How the result is made, and the gains of both signals. */
export interface MixState {
  /** Share of the enhanced audio in the result, 0 to 1; the rest is the original. */
  wet: number;
  /** In dB. */
  gains: Gains;
}

/** The gains of the original and the result, in dB. */
export interface Gains {
  original: number;
  enhanced: number;
}

export const NO_GAIN: Gains = { original: 0, enhanced: 0 };

/** Factors of the original and the enhanced audio whose sum is heard. */
export interface Blend {
  original: number;
  enhanced: number;
}

/** The blend that makes `source`. Without gains, enhanced + removed = original. */
export function blend(source: Source, { wet, gains }: MixState): Blend {
  switch (source) {
    case 'original':
      return { original: fromDecibels(gains.original), enhanced: 0 };
    case 'enhanced': {
      const gain = fromDecibels(gains.enhanced);
      return { original: gain * (1 - wet), enhanced: gain * wet };
    }
    case 'removed':
      return { original: wet, enhanced: -wet };
  }
}
