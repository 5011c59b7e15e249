import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match } from '../../src/player/matching';
import { NO_GAIN } from '../../src/player/mix';
import { assertClose } from '../support/close';

test('the louder of two is turned down to the other', () => {
  const loudness = { original: -20, enhanced: -23.5, peak: 0.5 };
  assert.deepEqual(match(loudness, null, true), {
    gains: { original: -3.5, enhanced: 0 },
    text: 'Original is turned down by 3.5 dB, so that both are equally loud. This changes no saved file.',
  });
  const louder = match({ ...loudness, enhanced: -18 }, null, true);
  assert.deepEqual(louder.gains, { original: 0, enhanced: -2 });
  assert.ok(louder.text.includes('Enhanced is turned down by 2.0 dB'));
  assert.deepEqual(match(loudness, null, false).gains, { original: 0, enhanced: 0 });
  assert.equal(match({ ...loudness, enhanced: -20 }, null, true).text, 'Both are equally loud.');
});

test('a target is heard as far as no peak is cut, and matched like the rest', () => {
  const loudness = { original: -20, enhanced: -26, peak: 0.5 };
  assert.deepEqual(match(loudness, -23, false).gains, { original: 0, enhanced: 3 });
  assertClose(match(loudness, -14, false).gains.enhanced, 6.02, 2);
  // The result is then at -23, and the original is turned down to it.
  assert.deepEqual(match(loudness, -23, true).gains, { original: -3, enhanced: 3 });
  // The result would be louder than the original, and is turned down to it.
  assert.deepEqual(match({ ...loudness, original: -30 }, -23, true).gains, {
    original: 0,
    enhanced: -4,
  });
});

test('silence and near silence are not matched', () => {
  const matched = (enhanced: number, target: number | null) =>
    match({ original: -20, enhanced, peak: 0.001 }, target, true);
  for (const target of [null, -16]) {
    assert.deepEqual(matched(-Infinity, target).gains, NO_GAIN);
    assert.ok(matched(-Infinity, target).text.includes('silent'));
  }
  assert.deepEqual(matched(-60, null).gains, NO_GAIN);
  assert.ok(matched(-60, null).text.includes('differs too much'));
  // A save raises it by 40 dB.
  assert.deepEqual(matched(-61, -16).gains, { original: -1, enhanced: 40 });
});
