import { fromDecibels } from './level';

/** What is heard: the file as it came, the result, or what the result lacks. */
export const SOURCES = ['original', 'enhanced', 'removed'] as const;
export type Source = (typeof SOURCES)[number];

/** How the result is made. */
export interface MixState {
  /** Share of the enhanced audio in the result, 0 to 1; the rest is the original. */
  wet: number;
  /** Loudness gain of the result, dB. */
  gainDb: number;
}

/** Factors of the original and the enhanced audio whose sum is heard. */
export interface Blend {
  original: number;
  enhanced: number;
}

/** The blend that makes `source`. Without loudness gain, enhanced + removed = original. */
export function blend(source: Source, { wet, gainDb }: MixState): Blend {
  switch (source) {
    case 'original':
      return { original: 1, enhanced: 0 };
    case 'enhanced': {
      const gain = fromDecibels(gainDb);
      return { original: gain * (1 - wet), enhanced: gain * wet };
    }
    case 'removed':
      return { original: wet, enhanced: -wet };
  }
}
