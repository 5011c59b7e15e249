import { readFileSync, writeFileSync } from 'node:fs';
import { longer, readWav, snr } from '../support/audio.ts';
import { enhanceNatively } from '../support/enhancer.ts';
import { SAMPLE, recording } from '../support/page.ts';
import { expect, test } from './fixtures.ts';
import { choose, click, open, save, stateOf, untilState, untilText } from './page.ts';

test('chosen files are saved as the command line would write them', async ({
  visitor,
  isolated,
}) => {
  const { tab } = visitor;
  await open(tab, isolated);
  await choose(tab, SAMPLE, recording('mono.mp3'), recording('16.flac'));
  await untilText(tab, '.summary', /3 of 3 done/);
  const saved = readWav(await save(visitor, 'sample.wav', 'sample.enhanced.wav')).samples;
  const expected = readWav(enhanceNatively(SAMPLE, 'wav')).samples;
  expect(snr(expected, saved)).toBeGreaterThan(80);
});

test('the original and the enhanced recording are listened to in turns', async ({
  visitor: { tab },
  isolated,
}) => {
  await open(tab, isolated);
  await choose(tab, SAMPLE);
  await untilState(tab, 'sample.wav', /^Done/);
  const chosen = () =>
    tab.$eval('.player-sources input:checked', (input) => (input as HTMLInputElement).value);
  await tab.waitForSelector('.player-sources');
  expect(await chosen()).toBe('enhanced');
  await tab.keyboard.press('x');
  await expect.poll(chosen).toBe('original');
});

test('a file under way is cancelled', async ({ visitor: { tab }, isolated }, info) => {
  const long = info.outputPath('long.wav');
  writeFileSync(long, longer(readFileSync(SAMPLE), 20));
  await open(tab, isolated);
  await choose(tab, long);
  await untilState(tab, 'long.wav', /[1-9]\d* %/);
  await click(tab, 'Cancel long.wav');
  await untilState(tab, 'long.wav', /^Cancelled$/);
});

test('a damaged file says so, and holds up no other', async ({
  visitor: { tab },
  isolated,
}, info) => {
  const cut = info.outputPath('cut.wav');
  const broken = info.outputPath('broken.wav');
  writeFileSync(cut, readFileSync(SAMPLE).subarray(0, 300_001));
  writeFileSync(broken, 'this is not a recording');
  await open(tab, isolated);
  await choose(tab, broken, cut, SAMPLE);
  await untilState(tab, 'sample.wav', /^Done/);
  await untilState(tab, 'cut.wav', /^Done, /);
  expect(await stateOf(tab, 'broken.wav')).toBe('Failed');
  await untilText(tab, '.row.failed code', /^unsupported_audio$/);
});
