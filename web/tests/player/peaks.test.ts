import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peaksIn } from '../../src/player/peaks';
import { assertClose } from '../support/close';

test('a peak is seen at every zoom', () => {
  const peaks = new Float32Array(1000);
  peaks[617] = 0.8;
  for (const count of [1, 7, 300, 5000]) {
    const shown = peaksIn(peaks, 100, { from: 0, to: 10 }, count);
    assert.equal(shown.length, count);
    assertClose(Math.max(...shown), 0.8, 6);
    assert.ok(
      Math.abs((shown.indexOf(Math.max(...shown)) + 0.5) / count - 0.6175) < 0.51 / count + 0.001,
    );
  }
});
