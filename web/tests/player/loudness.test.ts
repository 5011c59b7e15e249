import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromDecibels, toDecibels } from '../../src/player/level';
import { loudnessOf, measure, stretches } from '../../src/player/loudness';
import { assertClose } from '../support/close';

/** A take at `rate` with one channel for each of the functions. */
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

// Signals of EBU Tech 3341, which defines what a meter must show.
for (const rate of [48_000, 44_100, 16_000]) {
  test(`the loudness of known signals is as the standard says, at ${rate} Hz`, async () => {
    const stereo = (dbfs: number, to?: number) =>
      takeOf(20, rate, tone(1000, dbfs, to), tone(1000, dbfs, to));
    for (const dbfs of [-23, -33]) {
      const energies = await measure(stereo(dbfs), never);
      assertClose(loudnessOf(energies, ORIGINAL), dbfs, 1);
    }
    // Silence at the end does not count, nor do parts far below the rest.
    const gated = await measure(stereo(-23, 10), never);
    assert.ok(Math.abs(loudnessOf(gated, ORIGINAL) + 23) < 0.1);
    const mono = await measure(takeOf(5, rate, tone(1000, -20)), never);
    assertClose(loudnessOf(mono, ORIGINAL), -23, 1);
    // Any blend is as loud as the blended samples: here (1 - w) + w / 4 times the original.
    const half = loudnessOf(mono, { original: 0.5, enhanced: 0.5 });
    assertClose(half, -23 + toDecibels(0.625), 1);
    assert.equal(loudnessOf(mono, { original: 0, enhanced: 0 }), -Infinity);
  });
}

test('audio that is too short has no loudness', async () => {
  const energies = await measure(takeOf(0.3, 48_000, tone(1000, -20)), never);
  assert.equal(loudnessOf(energies, ORIGINAL), -Infinity);
});

test('two minutes of a long file are measured, spread from its start to its end', () => {
  const [rate, samples] = [100, 360_000];
  const all = stretches(samples, rate);
  assert.equal(
    all.reduce((sum, { from, to }) => sum + to - from, 0),
    120 * rate,
  );
  assert.equal(all[0]?.from, 0);
  assert.equal(all.at(-1)?.to, samples);
  assert.deepEqual(stretches(12_000, rate), [{ from: 0, to: 12_000 }]);
});
