import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frequencyAt, heightOf, labelled } from '../../src/player/pitch';
import { assertClose } from '../support/close';

test('the frequency axis runs from 0 to half the rate, with room between its labels', () => {
  assert.equal(heightOf(0, 48000), 0);
  assert.equal(heightOf(24000, 48000), 1);
  assertClose(frequencyAt(heightOf(1234, 16000), 16000), 1234, 6);
  for (const rate of [8000, 16000, 44100, 48000, 192000]) {
    const heights = labelled(rate).map((hertz) => heightOf(hertz, rate));
    assert.equal(heights[0], 0);
    assert.equal(heights.at(-1), 1);
    assert.ok(heights.length > 3);
    heights.slice(1).forEach((height, i) => {
      assert.ok(height - (heights[i] ?? 0) >= 0.12);
    });
  }
});
