import { readFileSync, writeFileSync } from 'node:fs';
import { readWav, snr } from '../support/audio.ts';
import { enhanceNatively } from '../support/enhancer.ts';
import { SAMPLE, longSample, recording } from '../support/page.ts';
import { expect, test } from './fixtures.ts';
import { choose, drop, inRow, open, save, text, untilState, untilText } from './page.ts';

const samplesOf = (wav: Buffer) => readWav(wav).samples;

test('a dropped file is heard in turns, and saved as the command line would write it', async ({
  visitor,
  enhancer,
}) => {
  const { tab } = visitor;
  await open(tab, enhancer);
  await drop(tab, [{ name: 'talk.wav', base64: readFileSync(SAMPLE).toString('base64') }]);
  await untilState(tab, 'talk.wav', /^Done/);
  const heard = () =>
    tab.evaluate(
      () => document.querySelector<HTMLInputElement>('.player-sources input:checked')?.value,
    );
  await expect.poll(heard).toBe('enhanced');
  await tab.click('.player-sources label:has([value=original])');
  expect(await heard()).toBe('original');
  const saved = samplesOf(await save(visitor, 'talk.wav', 'talk.enhanced.wav'));
  expect(snr(samplesOf(enhanceNatively(SAMPLE, 'wav')), saved)).toBeGreaterThan(80);
  await untilState(tab, 'talk.wav', /^Saved/);
});

test('each of several files gets its result, damage is reported, and a text is refused', async ({
  visitor: { tab },
  enhancer,
}, info) => {
  const cut = info.outputPath('cut.wav');
  const broken = info.outputPath('broken.wav');
  writeFileSync(cut, readFileSync(SAMPLE).subarray(0, 300_001));
  writeFileSync(broken, 'this is not a recording');
  await open(tab, enhancer);
  await choose(tab, broken, cut, recording('mono.mp3'), recording('16.flac'), SAMPLE);
  await untilText(tab, '.summary', /4 of 5 done/);
  expect(await inRow(tab, 'cut.wav', '.status')).toMatch(/^Done, /);
  expect(await inRow(tab, 'broken.wav', '.status')).toBe('Failed');
  expect(await inRow(tab, 'broken.wav', 'details')).toContain('unsupported_audio');
});

test('a file under way shows how far it is, and is cancelled', async ({
  visitor: { tab },
  enhancer,
}, info) => {
  const long = info.outputPath('long.wav');
  writeFileSync(long, longSample(30));
  await open(tab, enhancer);
  await choose(tab, long);
  await untilState(tab, 'long.wav', /[1-9]\d* %/);
  await tab.click('[aria-label="Cancel long.wav"]');
  await untilState(tab, 'long.wav', /^Cancelled$/);
});

test('it has threads where the browser shares memory, and says why where it does not', async ({
  visitor: { tab },
  engine,
  enhancer,
}) => {
  await open(tab, enhancer);
  const shared = await tab.evaluate(() => typeof SharedArrayBuffer !== 'undefined');
  expect(await tab.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(shared).toBe(engine === 'firefox');
  expect(await text(tab, '.engine')).toMatch(
    shared
      ? /^Full band is ready$/
      : /^Full band is ready, with one thread \(this browser does not share memory\)$/,
  );
});
