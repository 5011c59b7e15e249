/** Sample `frame` of a signal. Every JavaScript engine must compute the same value. */
export type Signal = (frame: number) => number;

export interface Pair {
  original: Signal;
  enhanced: Signal;
}

/** White noise in ±0.25. Its samples show from which place a stretch was taken. */
function noise(seed: number): Signal {
  return (frame) => {
    let hash = Math.imul(frame ^ seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
    return Math.fround((hash / 2 ** 31) * 0.25);
  };
}

function tone(hertz: number, amplitude: number, rate: number): Signal {
  return (frame) => amplitude * Math.sin((2 * Math.PI * hertz * frame) / rate);
}

/** Gliding harmonics in syllables. */
function voice(rate: number): Signal {
  return (frame) => {
    const time = frame / rate;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 1.7 * time)) ** 2;
    const phase = 2 * Math.PI * (130 * time + 6 * Math.sin(1.9 * time));
    let sum = 0;
    for (let k = 1; k < 24; k++) sum += Math.sin(k * phase) / k ** (1.1 + 0.5 * Math.sin(5 * time));
    return 0.16 * syllable * sum;
  };
}

export type Kind = 'noise' | 'tone' | 'loud' | 'voice';

export function pair(kind: Kind, rate: number): Pair {
  switch (kind) {
    case 'noise':
      return { original: noise(1), enhanced: noise(77) };
    case 'tone':
      return { original: tone(1000, 0.5, rate), enhanced: tone(1000, 0.05, rate) };
    case 'loud':
      return { original: tone(1000, 1.2, rate), enhanced: tone(1000, 0.05, rate) };
    case 'voice': {
      const [clean, hiss] = [voice(rate), noise(5)];
      return { original: (frame) => clean(frame) + 0.3 * hiss(frame), enhanced: clean };
    }
  }
}
