import type { Blend } from './mix';
import type { View } from './view';

/** The largest peak in each of `count` equal parts of the view. `peaks` has `rate` values per second. */
export function peaksIn(
  peaks: Float32Array,
  rate: number,
  view: View,
  count: number,
): Float32Array {
  const step = ((view.to - view.from) * rate) / count;
  return Float32Array.from({ length: count }, (_, i) => {
    const start = Math.floor(view.from * rate + i * step);
    const end = Math.max(Math.ceil(view.from * rate + (i + 1) * step), start + 1);
    return largest(peaks, start, end);
  });
}

/**
 * Approximate peaks of a blend, from the peaks of its two signals. Exact where both peak together,
 * as in speech. The peaks of a result are never too low; the peaks of the removed part may be.
 */
export function blendedPeaks(
  { original, enhanced }: Record<keyof Blend, Float32Array>,
  blend: Blend,
): Float32Array {
  return enhanced.map((peak, at) =>
    Math.abs(blend.enhanced * peak + blend.original * (original[at] ?? 0)),
  );
}

/** The largest magnitude of the values from `start` to `end`; 0 outside of the array. */
export function largest(values: Float32Array, start: number, end: number): number {
  let max = 0;
  for (let i = Math.max(start, 0); i < Math.min(end, values.length); i++)
    max = Math.max(max, Math.abs(values[i] ?? 0));
  return max;
}
