import assert from 'node:assert/strict';
import { test } from 'node:test';
import { following, placed, ticks, timecode, zoomed } from '../../src/player/view';
import { assertClose } from '../support/close';

test('zooming keeps the moment, within the recording', () => {
  const view = zoomed({ from: 0, to: 100 }, 4, 20, 100);
  assert.deepEqual(view, { from: 15, to: 40 });
  assert.deepEqual(zoomed(view, 0.01, 20, 100), { from: 0, to: 100 });
  assert.deepEqual(placed(95, 20, 100), { from: 80, to: 100 });
  const close = zoomed(view, 1e9, 20, 100);
  assertClose(close.to - close.from, 0.05, 9);
});

test('following turns the page only when the playhead leaves it', () => {
  const view = { from: 10, to: 20 };
  assert.equal(following(view, 15, 100), view);
  assert.deepEqual(following(view, 20.1, 100), { from: 20.1, to: 30.1 });
  assert.deepEqual(following(view, 3, 100), { from: 3, to: 13 });
});

test('ticks are round, within the view and not too many', () => {
  for (const view of [
    { from: 0, to: 0.1 },
    { from: 3.3, to: 14.7 },
    { from: 0, to: 90_000 },
  ]) {
    const { times } = ticks(view, 8);
    assert.ok(times.length > 0);
    assert.ok(times.length <= 9);
    assert.equal(
      times.every((time) => time >= view.from && time <= view.to),
      true,
    );
  }
  assert.deepEqual(ticks({ from: 0, to: 4 }, 8), {
    times: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4],
    digits: 1,
  });
});

test('timecodes are cut, not rounded', () => {
  assert.equal(timecode(7), '0:07');
  assert.equal(timecode(59.96, 1), '0:59.9');
  assert.equal(timecode(0.3, 1), '0:00.3');
  assert.equal(timecode(3723), '1:02:03');
});
