import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readWav, snr, writeWav } from './support/audio.ts';
import { enhanceNatively, loudnessNatively, passedThrough } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import {
  endWorker,
  SAMPLE,
  choose,
  drop,
  longSample,
  open,
  recording,
  row,
  save,
  untilDone,
} from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

const samplesOf = (wav: Buffer) => readWav(wav).samples;
const native = (file: string, ...options: string[]) =>
  samplesOf(enhanceNatively(file, 'wav', ...options));

test('a dropped file is saved as the command line would write it', async ({ page, enhancer }) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await open(page, enhancer);
  await drop(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  const { name, bytes } = await save(page, 'sample.wav');
  expect(name).toBe('sample.enhanced.wav');
  const expected = native(SAMPLE);
  const saved = samplesOf(bytes);
  expect(saved.length).toBe(expected.length);
  expect(snr(expected, saved)).toBeGreaterThan(80);
  // Complaints would come, for example, from the server's content security policy.
  await expect(page.locator('.player')).toBeVisible();
  expect(complaints).toEqual([]);
  // The result also differs from the original.
  expect(snr(samplesOf(readFileSync(SAMPLE)), saved)).toBeLessThan(20);
});

test('settings give what the command line gives by the same options', async ({
  page,
  enhancer,
}) => {
  await open(page, enhancer);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await untilDone(page, 'Café sample.wav');
  await page.getByRole('radio', { name: 'Light' }).click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('slider', { name: 'Noise removal' }).fill('60');
  await page.getByRole('combobox', { name: 'Quiet speech' }).selectOption('Boost by 6 dB');
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('WAV, 32-bit float');
  await untilDone(page, 'Café sample.wav');
  const { bytes } = await save(page, 'Café sample.wav');
  const options = ['--model', 'gtcrn', '--mix', '0.6', '--input-gain', '6'];
  const expected = native(SAMPLE, ...options, '--destination-format', 'f32le');
  const saved = samplesOf(bytes);
  expect(saved.length).toBe(expected.length);
  expect(snr(expected, saved)).toBeGreaterThan(80);

  await page.getByRole('combobox', { name: 'Loudness' }).selectOption('-16');
  const louder = await save(page, 'Café sample.wav');
  const loud = [...options, '--loudness', '-16', '--destination-format', 'f32le'];
  expect(snr(native(SAMPLE, ...loud), samplesOf(louder.bytes))).toBeGreaterThan(80);
  expect(snr(expected, samplesOf(louder.bytes))).toBeLessThan(20);
});

test('a near and a far voice are saved with even voices as the command line would', async ({
  page,
  enhancer,
}, info) => {
  const { samples, ...format } = readWav(readFileSync(SAMPLE));
  const near = samples.subarray(0, 4 * format.sampleRate);
  const far = near.map((sample) => sample / 4);
  const file = info.outputPath('voices.wav');
  writeFileSync(file, writeWav({ ...format, samples: Float32Array.from([...near, ...far]) }));
  await open(page, enhancer);
  await choose(page, file);
  await untilDone(page, 'voices.wav');
  const plain = samplesOf((await save(page, 'voices.wav')).bytes);
  await page.getByRole('checkbox', { name: 'Even voices' }).check();
  const even = samplesOf((await save(page, 'voices.wav')).bytes);
  expect(snr(native(file, '--level'), even)).toBeGreaterThan(80);
  expect(snr(plain, even)).toBeLessThan(20);
});

test('original and enhanced are compared at one loudness, the core’s', async ({
  page,
  enhancer,
}, info) => {
  await open(page, enhancer);
  await choose(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  const { name, bytes } = await save(page, 'sample.wav');
  writeFileSync(info.outputPath(name), bytes);
  const expected = loudnessNatively(SAMPLE) - loudnessNatively(info.outputPath(name));
  expect(expected).toBeGreaterThan(0);
  const said = page.locator('.player-matching');
  await expect(said).toHaveText(/^Original is turned down by \d+\.\d dB, so that both are/);
  const decibels = Number(/[\d.]+/.exec((await said.textContent()) ?? '')?.[0]);
  expect(Math.abs(decibels - expected)).toBeLessThan(0.1);
  await page.getByRole('checkbox', { name: 'Same loudness' }).uncheck();
  await expect(said).toHaveText('Both play at their own loudness.');
  // The choice holds for the next recording.
  await choose(page, recording('speech.opus'));
  await untilDone(page, 'speech.opus');
  await row(page, 'speech.opus').locator('.name').click();
  await expect(said).toHaveText('Both play at their own loudness.');
  await page.getByRole('combobox', { name: 'Loudness' }).selectOption('Broadcast (−23 LUFS)');
  await expect(said).toContainText('as loud as it will be saved');
});

test('a compressed file is saved in its own format', async ({ page, enhancer }) => {
  const results = [
    ['aac.m4a', 'm4a'],
    ['mono.mp3', 'mp3'],
    ['speech.opus', 'opus'],
    ['video.mp4', 'mp4'],
  ] as const;
  await open(page, enhancer);
  await choose(page, ...results.map(([file]) => recording(file)));
  for (const [file, extension] of results) {
    await test.step(file, async () => {
      await untilDone(page, file);
      const { name, bytes } = await save(page, file);
      expect(name).toBe(`${file.replace(/\..*/, '')}.enhanced.${extension}`);
      // Decoded by the command line with the model that changes nothing.
      const saved = samplesOf(passedThrough(bytes, extension));
      expect(saved.length).toBe(native(recording(file)).length);
    });
  }
});

test('another audio track can be chosen', async ({ page, enhancer }) => {
  const file = recording('two-tracks.mkv');
  // The model leaves little of a tone, and 16 bits would lose much of the rest.
  const floats = ['--destination-format', 'f32le'];
  await open(page, enhancer);
  await choose(page, file);
  await untilDone(page, 'two-tracks.mkv');
  const opened = row(page, 'two-tracks.mkv');
  await expect(opened).toContainText('Of the audio, track 2 of 2 was read, the default one.');
  const choice = opened.getByRole('combobox', { name: 'Audio track' });
  await expect(choice).toHaveValue('2');
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('WAV, 32-bit float');
  for (const track of ['2', '1']) {
    await choice.selectOption(track);
    await untilDone(page, 'two-tracks.mkv');
    const { bytes } = await save(page, 'two-tracks.mkv');
    expect(snr(native(file, '--track', track, ...floats), samplesOf(bytes))).toBeGreaterThan(60);
  }
  expect(
    snr(native(file, '--track', '2', ...floats), native(file, '--track', '1', ...floats)),
  ).toBeLessThan(20);
});

test('three files are enhanced at once, the fourth waits, and each gives what it gives alone', async ({
  page,
  enhancer,
}, info) => {
  const names = ['one.wav', 'two.wav', 'three.wav', 'four.wav'];
  const paths = names.map((name) => info.outputPath(name));
  for (const path of paths) copyFileSync(SAMPLE, path);
  await open(page, enhancer);
  await page.evaluate(watchStates);
  await choose(page, ...paths);
  for (const name of names) await untilDone(page, name);
  const seen = await page.evaluate(() => window.seenStates);
  expect(Math.max(...seen.map(({ working }) => working))).toBe(3);
  expect(seen.some(({ working, waiting }) => working === 3 && waiting === 1)).toBe(true);
  const expected = native(SAMPLE);
  for (const name of names) {
    const { bytes } = await save(page, name);
    expect(snr(expected, samplesOf(bytes))).toBeGreaterThan(80);
  }
});

test('a cancelled file stops, and starts again by retry', async ({ page, enhancer }, info) => {
  const long = info.outputPath('long.wav');
  writeFileSync(long, longSample(20));
  await open(page, enhancer);
  await choose(page, long);
  await expect(row(page, 'long.wav').locator('progress')).toHaveAttribute('value', /0\.\d+/);
  await row(page, 'long.wav').getByRole('button', { name: 'Cancel' }).click();
  await expect(row(page, 'long.wav').locator('.status')).toHaveText('Cancelled');
  await expect(row(page, 'long.wav').getByRole('button', { name: /^Save/ })).toHaveCount(0);
  await row(page, 'long.wav').getByRole('button', { name: 'Retry' }).click();
  await expect(row(page, 'long.wav').locator('progress')).toBeVisible();
  await row(page, 'long.wav').getByRole('button', { name: 'Cancel' }).click();
  await row(page, 'long.wav').getByRole('button', { name: 'Remove' }).click();
  await expect(page.locator('.row')).toHaveCount(0);
});

test('when the worker ends, the file says so, and works again by retry', async ({
  page,
  enhancer,
}, info) => {
  const long = info.outputPath('long.wav');
  // Long enough for the worker to end first.
  writeFileSync(long, longSample(8));
  await open(page, enhancer);
  await choose(page, long);
  await expect(row(page, 'long.wav').locator('progress')).toHaveAttribute('value', /^0\.\d+/);
  await endWorker(page);
  await row(page, 'long.wav')
    .getByRole('button', { name: /^Retry/ })
    .click();
  await untilDone(page, 'long.wav');
  const saved = samplesOf((await save(page, 'long.wav')).bytes);
  expect(saved.length).toBe(samplesOf(readFileSync(long)).length);
});

test('a broken file is reported in plain words, and does not hold up others', async ({
  page,
  enhancer,
}, info) => {
  const broken = info.outputPath('broken.wav');
  writeFileSync(broken, 'this is not a recording');
  await open(page, enhancer);
  await choose(page, broken, SAMPLE);
  await untilDone(page, 'sample.wav');
  await expect(row(page, 'broken.wav')).toContainText('This is a text file.');
  await row(page, 'broken.wav').getByText('Details').click();
  await expect(row(page, 'broken.wav').locator('details p')).toHaveText([
    /^[A-Z][^_]*\.$/,
    'Error code: unsupported_audio',
  ]);
  await expect(row(page, 'broken.wav').getByRole('button', { name: /^Save/ })).toHaveCount(0);
  await expect(row(page, 'broken.wav').locator('.status')).toHaveText('Failed');
  await expect(row(page, 'broken.wav').getByRole('button', { name: 'Retry' })).toHaveCount(0);
});

test('a folder gives its recordings with their paths, and no other files', async ({
  page,
  enhancer,
}, info) => {
  const folder = info.outputPath('talks');
  mkdirSync(`${folder}/monday`, { recursive: true });
  copyFileSync(SAMPLE, `${folder}/monday/talk.wav`);
  copyFileSync(recording('mono.mp3'), `${folder}/intro.mp3`);
  copyFileSync(recording('mono.mp3'), `${folder}/monday/part 10.mp3`);
  copyFileSync(recording('mono.mp3'), `${folder}/monday/part 9.mp3`);
  writeFileSync(`${folder}/notes.txt`, 'not audio');
  writeFileSync(`${folder}/._talk.wav`, 'what an operating system left');
  await open(page, enhancer);
  await drop(page, folder);
  await expect(page.locator('.row .name')).toHaveText([
    'talks/intro.mp3',
    'talks/monday/part 9.mp3',
    'talks/monday/part 10.mp3',
    'talks/monday/talk.wav',
  ]);
  await untilDone(page, 'talk.wav');
});

test('a changed model runs again, a changed noise removal does not', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await untilDone(page, 'Café sample.wav');
  await page.evaluate(watchStates);
  await page.getByRole('slider', { name: 'Noise removal' }).fill('70');
  await page.getByRole('combobox', { name: 'Loudness' }).selectOption('Podcast (−16 LUFS)');
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('FLAC, 24 bits');
  expect(
    (await page.evaluate(() => window.seenStates)).filter(({ working }) => working > 0),
  ).toEqual([]);
  await page.getByRole('radio', { name: 'Light' }).click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(row(page, 'Café sample.wav').locator('.status')).not.toHaveText('Done');
  await untilDone(page, 'Café sample.wav');
});

declare global {
  interface Window {
    /** How many files were working and waiting, at each change. */
    seenStates: { working: number; waiting: number }[];
  }
}

/** Runs in the page. */
function watchStates(): void {
  window.seenStates = [];
  const count = (state: string) => document.querySelectorAll(`.row.${state}`).length;
  const look = () =>
    window.seenStates.push({ working: count('working'), waiting: count('waiting') });
  new MutationObserver(look).observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ['class'],
  });
}
