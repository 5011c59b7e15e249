import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentence } from '../../src/common/sentence';

test('a message becomes a sentence, once', () => {
  for (const [message, expected] of [
    ['the file is cut off at 0:03', 'The file is cut off at 0:03.'],
    ['öffentliche Daten fehlen', 'Öffentliche Daten fehlen.'],
    ['it’s too loud', 'It’s too loud.'],
    ['however, it ends early', 'However, it ends early.'],
    ['Is this music?', 'Is this music?'],
    ['All is well!', 'All is well!'],
    ['Done.', 'Done.'],
  ] as const) {
    assert.equal(sentence(message), expected);
    assert.equal(sentence(expected), expected);
  }
});

test('names of files and addresses keep their first letter', () => {
  assert.equal(sentence('talk.wav cannot be read'), 'talk.wav cannot be read.');
  assert.equal(sentence('https://a.example/x is HTML'), 'https://a.example/x is HTML.');
  assert.equal(sentence('model.json'), 'model.json.');
});

test('no message gives an empty text', () => {
  assert.equal(sentence(undefined), '');
  assert.equal(sentence(''), '');
});
