import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromDecibels, levelOf, toDecibels } from '../../src/player/level';
import { assertClose } from '../support/close';

test('levels: a sine is 3 dB below its peak, silence has none', () => {
  const sine = Float32Array.from({ length: 4800 }, (_, i) => Math.sin((2 * Math.PI * i) / 48));
  const { peak, rms } = levelOf(sine);
  assertClose(toDecibels(peak), 0, 5);
  assertClose(toDecibels(rms), -3.0103, 4);
  assert.deepEqual(levelOf(new Float32Array(8)), { peak: 0, rms: 0 });
  assert.equal(levelOf(new Float32Array(0)).rms, 0);
  assertClose(toDecibels(fromDecibels(-17)), -17, 12);
});
