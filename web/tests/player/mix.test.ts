import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blend, NO_GAIN } from '../../src/player/mix';
import { assertClose } from '../support/close';

test('enhanced and removed blends sum to the original', () => {
  for (const wet of [0, 0.3, 1]) {
    const [result, removed] = [
      blend('enhanced', { wet, gains: NO_GAIN }),
      blend('removed', { wet, gains: { original: -3, enhanced: 9 } }),
    ];
    assertClose(result.original + removed.original, 1, 12);
    assertClose(result.enhanced + removed.enhanced, 0, 12);
  }
  const gains = { original: 0, enhanced: 20 };
  assert.deepEqual(blend('original', { wet: 0.3, gains }), { original: 1, enhanced: 0 });
  assertClose(blend('enhanced', { wet: 1, gains }).enhanced, 10, 12);
});
