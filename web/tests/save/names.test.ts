import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeName, resultName } from '../../src/save/names';
import table from '../../../tests/contract/names.json';

test('results are named as the core names them', () => {
  for (const { source, container, name } of table.results) {
    const mediaType = table.mediaTypes[container as keyof typeof table.mediaTypes];
    assert.equal(resultName(source, mediaType, 'enhanced'), name);
  }
});

test('removed parts are named likewise', () => {
  for (const [source, name] of [
    ['talk.mp3', 'talk.removed.wav'],
    ['talk.enhanced.wav', 'talk.enhanced.removed.wav'],
    ['talk.removed.wav', 'talk.removed (2).wav'],
  ] as const) {
    assert.equal(resultName(source, 'audio/wav', 'removed'), name);
  }
});

test('a name that is taken gets the next free number', async () => {
  const taken = new Set(['talk.enhanced.wav', 'talk.enhanced (2).wav']);
  const free = (name: string) => freeName(name, (other) => taken.has(other));
  assert.equal(await free('talk.enhanced.wav'), 'talk.enhanced (3).wav');
  assert.equal(await free('talk.enhanced.flac'), 'talk.enhanced.flac');
  const onDisk = await freeName('talk.wav', async (other) => other === 'talk.wav');
  assert.equal(onDisk, 'talk (2).wav');
});
