/** What the page says of a result: whether listeners would find it better. */
import { writeFileSync } from 'node:fs';
import { writeWav } from './support/audio.ts';
import { measuredNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import { choose, longSample, open, row, SAMPLE, untilDone } from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('an open result shows how listeners would rate it before and after', async ({
  page,
  isolated,
}) => {
  await open(page, isolated);
  await choose(page, SAMPLE);
  const rated = page.getByRole('table', {
    name: /^How listeners would rate the recording, from 1 to 5/,
  });
  await expect(rated.getByRole('row')).toHaveCount(4);
  const figures = await rated.locator('tbody .figures').allTextContents();
  const native = measuredNatively(SAMPLE, 8);
  const before = ['signal', 'background', 'overall'].map((name) =>
    (native[name] ?? NaN).toFixed(1),
  );
  expect([0, 2, 4].map((at) => figures[at])).toEqual(before);
  expect(Number(figures[5])).toBeGreaterThan(Number(figures[4]));
  const widths = await rated
    .locator('tr:last-child .bar')
    .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
  expect(widths[1]).toBeGreaterThan((widths[0] ?? 0) * 1.2);
  await expect(row(page, 'sample.wav').locator('.status')).toHaveText('Done');
});

test('what is not speech gets a warning in its row', async ({ page, isolated }, info) => {
  const chords = info.outputPath('chords.wav');
  writeFileSync(chords, music());
  await open(page, isolated);
  await choose(page, chords);
  const found = row(page, 'chords.wav');
  await expect(found.locator('.status')).toHaveText('Done, little speech');
  await expect(found.locator('.doubt')).toHaveText(
    /^Little speech was found\. Music is better left/,
  );
  await expect(found.locator('.rated')).toHaveCount(0);
});

test('when the worker has ended, what is made by the next one is rated', async ({
  page,
  isolated,
}, info) => {
  const long = info.outputPath('long.wav');
  writeFileSync(long, longSample(8));
  await open(page, isolated);
  await choose(page, SAMPLE);
  await expect(page.locator('.rated')).toBeVisible();
  await choose(page, long);
  const broken = row(page, 'long.wav');
  await expect(broken.locator('progress')).toHaveAttribute('value', /^0\.\d+/);
  const worker = page.workers().find((worker) => /worker-[^/]*\.js$/.test(worker.url()));
  await worker?.evaluate(() => {
    setTimeout(() => {
      throw new Error('it broke');
    });
  });
  await broken.getByRole('button', { name: /^Retry/ }).click();
  await untilDone(page, 'long.wav');
  await broken.locator('.name').click();
  await expect(broken.locator('.rated')).toBeVisible();
});

/** Chords of an organ. */
function music(): Buffer {
  const sampleRate = 48_000;
  const samples = new Float32Array(6 * sampleRate);
  for (let at = 0; at < samples.length; at++) {
    const seconds = at / sampleRate;
    const root = [220, 174.6, 261.6, 196][Math.floor(seconds * 2) % 4] ?? 220;
    for (const ratio of [1, 1.25, 1.5, 2, 3]) {
      samples[at] = (samples[at] ?? 0) + 0.08 * Math.sin(2 * Math.PI * root * ratio * seconds);
    }
  }
  return writeWav({ sampleRate, channels: 1, samples });
}
