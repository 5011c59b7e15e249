import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutLeft, duration, size, timeLeft } from '../../src/common/units';

test('lengths are rounded to whole seconds', () => {
  for (const [seconds, text] of [
    [0, '0:00'],
    [7.4, '0:07'],
    [7.5, '0:08'],
    [59.5, '1:00'],
    [750, '12:30'],
    [3599.6, '1:00:00'],
    [3723, '1:02:03'],
    [360_000, '100:00:00'],
  ] as const) {
    assert.equal(duration(seconds), text);
  }
});

test('the remaining time of a file is never rounded down', () => {
  for (const [seconds, text] of [
    [0, 'under 5 s left'],
    [4.9, 'under 5 s left'],
    [5, '5 s left'],
    [5.1, '10 s left'],
    [54.9, '55 s left'],
    [55, '1 min left'],
    [61, '2 min left'],
    [3599, '60 min left'],
    [3600, '1.0 h left'],
    [9_000, '2.5 h left'],
  ] as const) {
    assert.equal(timeLeft(seconds), text);
  }
});

test('the remaining time of many files is given in words', () => {
  for (const [seconds, text] of [
    [44, 'less than a minute left'],
    [45, 'about 1 minute left'],
    [89, 'about 1 minute left'],
    [90, 'about 2 minutes left'],
    [3_569, 'about 59 minutes left'],
    [3_570, 'about 1 hour left'],
    [5_400, 'about 1.5 hours left'],
    [7_200, 'about 2 hours left'],
  ] as const) {
    assert.equal(aboutLeft(seconds), text);
  }
});

test('sizes change their unit before they have four digits', () => {
  for (const [bytes, text] of [
    [0, '0 kB'],
    [1, '1 kB'],
    [912_000, '912 kB'],
    [998_001, '999 kB'],
    [999_000, '999 kB'],
    [999_001, '1.0 MB'],
    [4_321_000, '4.3 MB'],
    [999_949_999, '999.9 MB'],
    [999_950_000, '1.0 GB'],
    [12_345_678_901, '12.3 GB'],
  ] as const) {
    assert.equal(size(bytes), text);
  }
});
