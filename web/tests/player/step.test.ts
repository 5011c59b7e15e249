import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correctionOf } from '../../src/player/step';

test('a picture that is a little out of step catches up, one far out of it jumps', () => {
  for (const begin of [-0.25, -0.1, -0.05, 0.05, 0.1, 0.25]) {
    const rates = new Set<number>();
    let ahead = begin;
    let rate = 1;
    // Sixty calls a second, for four seconds.
    for (let frame = 0; frame < 240; frame++) {
      const correction = correctionOf(ahead, rate);
      rate = correction === 'jump' ? Number.NaN : correction;
      rates.add(rate);
      ahead += (rate - 1) / 60;
    }
    assert.ok(Math.abs(ahead) < 0.02, `from ${begin}`);
    // One correction is enough.
    assert.equal(rates.size, 2);
    assert.equal(rate, 1);
  }
  for (const near of [-0.04, 0, 0.04]) assert.equal(correctionOf(near, 1), 1);
  for (const far of [-5, -0.26, 0.26, 60]) assert.equal(correctionOf(far, 1), 'jump');
});
