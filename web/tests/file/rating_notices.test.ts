import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Finding } from 'enhancer-wasm';
import { isAlmostSilent, ratingNotices } from '../../src/file/rating_notices';
import { choose, itemWith } from '../support/item';

beforeEach(() => choose());

const VERY_QUIET = 'The recording is very quiet, and so its ratings are low. Choose a loudness.';

const NOT_BETTER = {
  text: 'The result would not be rated higher than the original. If the original is clean, keep it.',
  badge: 'not better',
};

const badgesOf = (...findings: Finding['code'][]) =>
  ratingNotices(itemWith({ findings })).map(({ badge }) => badge);

test('without findings or a rating, there are no notices', () => {
  for (const findings of [[], 'none', undefined] as const) {
    const item = itemWith(findings === undefined ? {} : { findings });
    assert.deepEqual(ratingNotices(item), []);
  }
});

test('each finding that puts the result in doubt has a word of its own', () => {
  assert.deepEqual(ratingNotices(itemWith({ findings: ['not_better'] })), [NOT_BETTER]);
  assert.deepEqual(badgesOf('little_speech'), ['little speech']);
  assert.deepEqual(badgesOf('speech_removed'), ['speech removed']);
  assert.deepEqual(badgesOf('speech_suffered'), ['speech got worse']);
});

test('only the first of several doubts is shown, with all notices that are not doubts', () => {
  assert.deepEqual(badgesOf('speech_removed', 'very_quiet', 'not_better'), [
    'speech removed',
    undefined,
  ]);
});

test('a quiet recording needs a loudness, until one is chosen', () => {
  assert.deepEqual(ratingNotices(itemWith({ findings: ['very_quiet'] })), [{ text: VERY_QUIET }]);
  choose({ loudness: -16 });
  assert.deepEqual(badgesOf('very_quiet', 'not_better'), ['not better']);
});

test('with less noise removal, only notices about the recording itself are shown', () => {
  choose({ removal: 89 });
  assert.deepEqual(badgesOf('speech_removed', 'not_better'), []);
  assert.deepEqual(badgesOf('little_speech', 'very_quiet'), ['little speech', undefined]);
  choose({ removal: 90 });
  assert.deepEqual(badgesOf('speech_removed'), ['speech removed']);
});

test('if almost everything was removed, no other doubt is shown', () => {
  const item = itemWith({
    warnings: ['almost_everything_removed'],
    findings: ['speech_removed', 'very_quiet'],
  });
  assert.equal(isAlmostSilent(item), true);
  assert.deepEqual(ratingNotices(item), [{ text: VERY_QUIET }]);
  assert.equal(isAlmostSilent(itemWith({ warnings: ['clipped'] })), false);
});
