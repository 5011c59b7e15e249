import { expect, test } from '@playwright/test';
import { columnsOf, readsFor, spectrumStart } from '../../web/src/player/columns';
import { fromDecibels, levelOf, toDecibels } from '../../web/src/player/level';
import { loudnessOf, measure, stretches } from '../../web/src/player/loudness';
import { match } from '../../web/src/player/matching';
import { blend, NO_GAIN } from '../../web/src/player/mix';
import { peaksIn } from '../../web/src/player/peaks';
import { frequencyAt, heightOf, labelled } from '../../web/src/player/pitch';
import { correctionOf } from '../../web/src/player/step';
import { anchorFor, frameAt, pieceAt, timeOf } from '../../web/src/player/timeline';
import { clock, following, placed, ticks, zoomed } from '../../web/src/player/view';

test('enhanced and removed blends sum to the original', () => {
  for (const wet of [0, 0.3, 1]) {
    const [result, removed] = [
      blend('enhanced', { wet, gains: NO_GAIN }),
      blend('removed', { wet, gains: { original: -3, enhanced: 9 } }),
    ];
    expect(result.original + removed.original).toBeCloseTo(1, 12);
    expect(result.enhanced + removed.enhanced).toBeCloseTo(0, 12);
  }
  const gains = { original: 0, enhanced: 20 };
  expect(blend('original', { wet: 0.3, gains })).toEqual({ original: 1, enhanced: 0 });
  expect(blend('enhanced', { wet: 1, gains }).enhanced).toBeCloseTo(10, 12);
});

test('levels: a sine is 3 dB below its peak, silence has none', () => {
  const sine = Float32Array.from({ length: 4800 }, (_, i) => Math.sin((2 * Math.PI * i) / 48));
  const { peak, rms } = levelOf(sine);
  expect(toDecibels(peak)).toBeCloseTo(0, 5);
  expect(toDecibels(rms)).toBeCloseTo(-3.0103, 4);
  expect(levelOf(new Float32Array(8))).toEqual({ peak: 0, rms: 0 });
  expect(levelOf(new Float32Array(0)).rms).toBe(0);
  expect(toDecibels(fromDecibels(-17))).toBeCloseTo(-17, 12);
});

test('pieces cover a file once', () => {
  for (const total of [0, 1, 23999, 24000, 24001, 100_000]) {
    let frame = 0;
    for (let count = pieceAt(0, total, 48000); count > 0; count = pieceAt(frame, total, 48000))
      frame += count;
    expect(frame).toBe(total);
  }
});

test('a piece in time joins the one before; a late one starts anew', () => {
  const anchor = anchorFor(1000, 48000, 2.5, 2.47);
  expect(timeOf(1000, 48000, anchor)).toBe(2.5);
  expect(anchorFor(25000, 48000, 3, 2.9, anchor)).toBe(anchor);
  expect(timeOf(25000, 48000, anchor)).toBe(3);
  const late = anchorFor(25000, 48000, 3.53, 3.5, anchor);
  expect(timeOf(25000, 48000, late)).toBeCloseTo(3.53, 9);
});

test('the position stands before the anchor and after what is at hand', () => {
  const anchor = { frame: 1000, tick: 48000 };
  expect(frameAt(0.5, 48000, anchor, 25000)).toBe(1000);
  expect(frameAt(1.25, 48000, anchor, 25000)).toBe(13000);
  expect(frameAt(9, 48000, anchor, 25000)).toBe(25000);
});

test('zooming keeps the moment, within the recording', () => {
  const view = zoomed({ from: 0, to: 100 }, 4, 20, 100);
  expect(view).toEqual({ from: 15, to: 40 });
  expect(zoomed(view, 0.01, 20, 100)).toEqual({ from: 0, to: 100 });
  expect(placed(95, 20, 100)).toEqual({ from: 80, to: 100 });
  const close = zoomed(view, 1e9, 20, 100);
  expect(close.to - close.from).toBeCloseTo(0.05, 9);
});

test('following turns the page only when the playhead leaves it', () => {
  const view = { from: 10, to: 20 };
  expect(following(view, 15, 100)).toBe(view);
  expect(following(view, 20.1, 100)).toEqual({ from: 20.1, to: 30.1 });
  expect(following(view, 3, 100)).toEqual({ from: 3, to: 13 });
});

test('ticks are round, within the view and not too many', () => {
  for (const view of [
    { from: 0, to: 0.1 },
    { from: 3.3, to: 14.7 },
    { from: 0, to: 90_000 },
  ]) {
    const { times } = ticks(view, 8);
    expect(times.length).toBeGreaterThan(0);
    expect(times.length).toBeLessThanOrEqual(9);
    expect(times.every((time) => time >= view.from && time <= view.to)).toBe(true);
  }
  expect(ticks({ from: 0, to: 4 }, 8)).toEqual({
    times: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4],
    digits: 1,
  });
});

test('clocks', () => {
  expect(clock(7)).toBe('0:07');
  expect(clock(59.96, 1)).toBe('0:59.9');
  expect(clock(0.3, 1)).toBe('0:00.3');
  expect(clock(3723)).toBe('1:02:03');
});

test('dense columns are read as one stretch, sparse ones one by one', () => {
  const rate = 48000;
  const dense = columnsOf({ from: 1, to: 2 }, rate, 100);
  expect(readsFor(dense, 0, 100, 10 * rate)).toHaveLength(1);
  const sparse = columnsOf({ from: 0, to: 3600 }, rate, 1000);
  const reads = readsFor(sparse, 0, 1000, 3600 * rate);
  expect(reads).toHaveLength(1000);
  expect(reads[10]).toEqual({ from: spectrumStart(sparse, 10), count: 2048 });
  expect(spectrumStart(sparse, 10) + 1024).toBe(1_814_400);
});

test('reads stay within the file', () => {
  const rate = 8000;
  const columns = columnsOf({ from: 0, to: 0.05 }, rate, 50);
  expect(readsFor(columns, 0, 50, 400)).toEqual([{ from: 0, count: 400 }]);
  expect(readsFor(columns, 0, 50, 0)).toEqual([]);
});

test('a peak is seen at every zoom', () => {
  const peaks = new Float32Array(1000);
  peaks[617] = 0.8;
  for (const count of [1, 7, 300, 5000]) {
    const shown = peaksIn(peaks, 100, { from: 0, to: 10 }, count);
    expect(shown).toHaveLength(count);
    expect(Math.max(...shown)).toBeCloseTo(0.8, 6);
    expect(Math.abs((shown.indexOf(Math.max(...shown)) + 0.5) / count - 0.6175)).toBeLessThan(
      0.51 / count + 0.001,
    );
  }
});

test('the frequency axis runs from 0 to half the rate, with room between its labels', () => {
  expect(heightOf(0, 48000)).toBe(0);
  expect(heightOf(24000, 48000)).toBe(1);
  expect(frequencyAt(heightOf(1234, 16000), 16000)).toBeCloseTo(1234, 6);
  for (const rate of [8000, 16000, 44100, 48000, 192000]) {
    const heights = labelled(rate).map((hertz) => heightOf(hertz, rate));
    expect(heights[0]).toBe(0);
    expect(heights.at(-1)).toBe(1);
    expect(heights.length).toBeGreaterThan(3);
    heights.slice(1).forEach((height, i) => {
      expect(height - (heights[i] ?? 0)).toBeGreaterThanOrEqual(0.12);
    });
  }
});

/** A take of one channel for each of the functions, at `rate`. */
function takeOf(seconds: number, rate: number, ...signals: ((time: number) => number)[]) {
  const read = async (from: number, count: number) => {
    const planes = () =>
      signals.map((signal) =>
        Float32Array.from({ length: count }, (_, i) => signal((from + i) / rate)),
      );
    const enhanced = planes().map((plane) => plane.map((sample) => sample / 4));
    return { original: planes(), enhanced };
  };
  const summary = { samples: seconds * rate, sampleRate: rate, channels: signals.length };
  return { summary, read } as unknown as Parameters<typeof measure>[0];
}

const tone =
  (hertz: number, dbfs: number, to = Infinity) =>
  (time: number) =>
    time < to ? fromDecibels(dbfs) * Math.sin(2 * Math.PI * hertz * time) : 0;

const ORIGINAL = { original: 1, enhanced: 0 };
const never = new AbortController().signal;

// The signals of EBU Tech 3341, which says what a meter must read.
for (const rate of [48_000, 44_100, 16_000]) {
  test(`the loudness of known signals is as the standard says, at ${rate} Hz`, async () => {
    const stereo = (dbfs: number, to?: number) =>
      takeOf(20, rate, tone(1000, dbfs, to), tone(1000, dbfs, to));
    for (const dbfs of [-23, -33]) {
      const energies = await measure(stereo(dbfs), never);
      expect(loudnessOf(energies, ORIGINAL)).toBeCloseTo(dbfs, 1);
    }
    // Silence behind it does not count, nor does what is far below the rest.
    const gated = await measure(stereo(-23, 10), never);
    expect(Math.abs(loudnessOf(gated, ORIGINAL) + 23)).toBeLessThan(0.1);
    const mono = await measure(takeOf(5, rate, tone(1000, -20)), never);
    expect(loudnessOf(mono, ORIGINAL)).toBeCloseTo(-23, 1);
    // Any blend is as loud as the blended samples: here (1 - w) + w / 4 times the original.
    const half = loudnessOf(mono, { original: 0.5, enhanced: 0.5 });
    expect(half).toBeCloseTo(-23 + toDecibels(0.625), 1);
    expect(loudnessOf(mono, { original: 0, enhanced: 0 })).toBe(-Infinity);
  });
}

test('what is too short has no loudness', async () => {
  const energies = await measure(takeOf(0.3, 48_000, tone(1000, -20)), never);
  expect(loudnessOf(energies, ORIGINAL)).toBe(-Infinity);
});

test('of a long file two minutes are measured, from its start to its end', () => {
  const [rate, samples] = [100, 360_000];
  const all = stretches(samples, rate);
  expect(all.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(120 * rate);
  expect(all[0]?.from).toBe(0);
  expect(all.at(-1)?.to).toBe(samples);
  expect(stretches(12_000, rate)).toEqual([{ from: 0, to: 12_000 }]);
});

test('the louder of two is turned down to the other', () => {
  const loudness = { original: -20, enhanced: -23.5, peak: 0.5 };
  expect(match(loudness, null, true)).toEqual({
    gains: { original: -3.5, enhanced: 0 },
    text: 'Original is turned down by 3.5 dB, so that both are equally loud. This changes no saved file.',
  });
  const louder = match({ ...loudness, enhanced: -18 }, null, true);
  expect(louder.gains).toEqual({ original: 0, enhanced: -2 });
  expect(louder.text).toContain('Enhanced is turned down by 2.0 dB');
  expect(match(loudness, null, false).gains).toEqual({ original: 0, enhanced: 0 });
  expect(match({ ...loudness, enhanced: -20 }, null, true).text).toBe('Both are equally loud.');
});

test('a target is heard as far as no peak is cut, and matched like the rest', () => {
  const loudness = { original: -20, enhanced: -26, peak: 0.5 };
  expect(match(loudness, -23, false).gains).toEqual({ original: 0, enhanced: 3 });
  expect(match(loudness, -14, false).gains.enhanced).toBeCloseTo(6.02, 2);
  // The result is at -23 then, and the original comes down to it.
  expect(match(loudness, -23, true).gains).toEqual({ original: -3, enhanced: 3 });
  // The result would be louder than the original: it stops there.
  expect(match({ ...loudness, original: -30 }, -23, true).gains).toEqual({
    original: 0,
    enhanced: -4,
  });
});

test('silence, and what is nearly that, is not matched', () => {
  const matched = (enhanced: number, target: number | null) =>
    match({ original: -20, enhanced, peak: 0.001 }, target, true);
  for (const target of [null, -16]) {
    expect(matched(-Infinity, target).gains).toEqual(NO_GAIN);
    expect(matched(-Infinity, target).text).toContain('silent');
  }
  expect(matched(-60, null).gains).toEqual(NO_GAIN);
  expect(matched(-60, null).text).toContain('differs too much');
  // A save raises it by 40 dB.
  expect(matched(-61, -16).gains).toEqual({ original: -1, enhanced: 40 });
});

test('a picture that is a little out of step catches up, one far out of it jumps', () => {
  for (const begin of [-0.25, -0.1, -0.05, 0.05, 0.1, 0.25]) {
    const rates = new Set<number>();
    let ahead = begin;
    let rate = 1;
    // Sixty looks a second, for four seconds.
    for (let frame = 0; frame < 240; frame++) {
      const correction = correctionOf(ahead, rate);
      rate = correction === 'jump' ? Number.NaN : correction;
      rates.add(rate);
      ahead += (rate - 1) / 60;
    }
    expect(Math.abs(ahead), `from ${begin}`).toBeLessThan(0.02);
    // One correction is enough.
    expect(rates.size).toBe(2);
    expect(rate).toBe(1);
  }
  for (const near of [-0.04, 0, 0.04]) expect(correctionOf(near, 1)).toBe(1);
  for (const far of [-5, -0.26, 0.26, 60]) expect(correctionOf(far, 1)).toBe('jump');
});
