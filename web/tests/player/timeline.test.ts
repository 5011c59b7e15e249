import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorFor, frameAt, pieceAt, timeOf } from '../../src/player/timeline';
import { assertClose } from '../support/close';

test('pieces cover a file once', () => {
  for (const total of [0, 1, 23999, 24000, 24001, 100_000]) {
    let frame = 0;
    for (let count = pieceAt(0, total, 48000); count > 0; count = pieceAt(frame, total, 48000))
      frame += count;
    assert.equal(frame, total);
  }
});

test('a piece in time joins the one before; a late one starts anew', () => {
  const anchor = anchorFor(1000, 48000, 2.5, 2.47);
  assert.equal(timeOf(1000, 48000, anchor), 2.5);
  assert.equal(anchorFor(25000, 48000, 3, 2.9, anchor), anchor);
  assert.equal(timeOf(25000, 48000, anchor), 3);
  const late = anchorFor(25000, 48000, 3.53, 3.5, anchor);
  assertClose(timeOf(25000, 48000, late), 3.53, 9);
});

test('the position stands still before the anchor and after the scheduled audio', () => {
  const anchor = { frame: 1000, tick: 48000 };
  assert.equal(frameAt(0.5, 48000, anchor, 25000), 1000);
  assert.equal(frameAt(1.25, 48000, anchor, 25000), 13000);
  assert.equal(frameAt(9, 48000, anchor, 25000), 25000);
});
