/** Peak and root mean square of samples, as magnitudes: 1 is full scale. */
export interface Level {
  peak: number;
  rms: number;
}

export const SILENCE: Level = { peak: 0, rms: 0 };

export function toDecibels(magnitude: number): number {
  return 20 * Math.log10(magnitude);
}

export function fromDecibels(decibels: number): number {
  return 10 ** (decibels / 20);
}

export function levelOf(samples: Float32Array): Level {
  let peak = 0;
  let energy = 0;
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample));
    energy += sample * sample;
  }
  return { peak, rms: samples.length === 0 ? 0 : Math.sqrt(energy / samples.length) };
}

/** The larger peak and the larger RMS of two levels. */
export function louder(a: Level, b: Level): Level {
  return { peak: Math.max(a.peak, b.peak), rms: Math.max(a.rms, b.rms) };
}
