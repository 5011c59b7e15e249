import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULTS, settingsOf } from '../../src/settings/settings';

test('a limit and a mix of an earlier version become one noise removal', () => {
  for (const [kept, expected] of [
    ['{"strength":12,"mix":0.8}', 60],
    ['{"strength":null,"mix":0.5}', 50],
    ['{"strength":20}', 90],
    ['{"strength":12,"mix":7}', 100],
    ['{"removal":33}', 33],
  ] as const) {
    assert.deepEqual(settingsOf(kept), { ...DEFAULTS, removal: expected }, kept);
  }
});

test('settings that no version could have stored are ignored', () => {
  assert.deepEqual(settingsOf('{"model":"x","removal":700,"loudness":-16,"other":1}'), {
    ...DEFAULTS,
    loudness: -16,
  });
  for (const text of ['', '{', 'null', '[]', '7']) assert.deepEqual(settingsOf(text), DEFAULTS);
});
