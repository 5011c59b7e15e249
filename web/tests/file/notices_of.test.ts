import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { badgesOf, noticesOf } from '../../src/file/notices_of';
import { newItem } from '../../src/queue/item';
import { choose, itemWith } from '../support/item';

beforeEach(() => choose());

const textsOf = (...item: Parameters<typeof itemWith>) =>
  noticesOf(itemWith(...item)).map(({ text }) => text);

test('a result without problems has no notices, and neither has a file without a result', () => {
  assert.deepEqual(noticesOf(itemWith({})), []);
  choose({ removal: 0 });
  assert.deepEqual(noticesOf(newItem({ file: new Blob(), name: 'talk.wav', folder: '' })), []);
});

test('damage is reported with its first place and the number of other places', () => {
  const damage = { atSeconds: 61.4, reason: 'a frame is missing', places: 1 };
  assert.deepEqual(noticesOf(itemWith({ summary: { damage } })), [
    {
      text: 'The file is damaged at 1:01: a frame is missing. The missing part is silent.',
      badge: 'damaged',
    },
  ]);
  assert.deepEqual(textsOf({ summary: { damage: { ...damage, places: 3 } } }), [
    'The file is damaged at 1:01 and in 2 more places: a frame is missing. The missing part is silent.',
  ]);
});

test('where almost everything was removed, the advice fits the settings', () => {
  const warnings = ['almost_everything_removed'] as const;
  const question = 'Almost everything was removed. Is this music, or is the speech very quiet?';
  assert.deepEqual(noticesOf(itemWith({ warnings })), [
    { text: `${question} Try less noise removal.`, badge: 'almost silent' },
  ]);
  choose({ quietGain: 0 });
  assert.deepEqual(textsOf({ warnings }), [
    `${question} Try less noise removal, or set “Quiet speech” to “Automatic”.`,
  ]);
  choose({ removal: 89 });
  assert.deepEqual(textsOf({ warnings }), []);
});

test('warnings of the core about the source are sentences, without options that the page has', () => {
  const text = 'audio track 2 of 3 was enhanced; the option `track` chooses another';
  const warnings = [
    { code: 'track', text },
    { code: 'clipped', text: 'the recording is clipped' },
    { code: 'video', text: 'said elsewhere' },
    { code: 'damaged', text: 'said elsewhere' },
    { code: 'loudness_not_reached', text: 'said elsewhere' },
  ] as const;
  assert.deepEqual(textsOf({ summary: { warnings: [...warnings] } }), [
    'Audio track 2 of 3 was enhanced.',
    'The recording is clipped.',
  ]);
});

test('without noise removal the result is the original', () => {
  choose({ removal: 0 });
  assert.deepEqual(textsOf({}), ['Noise removal is at 0 %: the result is the original.']);
});

test('another format is named before it is saved, unless the user chose it', () => {
  const text = 'The result is saved as WAV. “Save as” offers other formats.';
  assert.deepEqual(textsOf({ kind: 'AIFF' }), [text]);
  assert.deepEqual(textsOf({ kind: 'Ogg', summary: { usualContainer: 'opus' } }), [
    'The result is saved as Opus. “Save as” offers other formats.',
  ]);
  choose({ format: 'flac16' });
  assert.deepEqual(textsOf({ kind: 'AIFF' }), []);
});

test('a video that cannot be copied, or is saved as sound, has a notice that only the audio is saved', () => {
  const summary = { video: true, usualContainer: 'm4a' } as const;
  assert.deepEqual(textsOf({ kind: 'MP4', summary }), [
    'Only the audio of the video is saved, as M4A.',
  ]);
  assert.deepEqual(textsOf({ kind: 'MP4', summary, video: 'mp4' }), []);
  choose({ format: 'flac24' });
  assert.deepEqual(textsOf({ kind: 'MP4', summary, video: 'mp4' }), [
    'Only the audio of the video is saved, as FLAC.',
  ]);
});

test('the closed row has a word for each doubt, the most serious first', () => {
  const damage = { atSeconds: 1, reason: 'cut off', places: 1 };
  const item = itemWith({ summary: { damage }, findings: ['not_better'], kind: 'AIFF' });
  assert.deepEqual(badgesOf(item), ['damaged', 'not better']);
  assert.deepEqual(badgesOf(itemWith({ kind: 'AIFF', findings: ['very_quiet'] })), []);
});
