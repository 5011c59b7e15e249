/** How the page rates a result: whether listeners would find it better. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readWav, writeWav } from './support/audio.ts';
import { measuredNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import { choose, endWorker, longSample, open, row, SAMPLE, untilDone } from './support/page.ts';

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

test('a recording with little speech gets a warning in its row', async ({
  page,
  isolated,
}, info) => {
  const little = info.outputPath('little.wav');
  writeFileSync(little, aWord());
  await open(page, isolated);
  await choose(page, little);
  const found = row(page, 'little.wav');
  await expect(found.locator('.status')).toHaveText('Done, little speech');
  await expect(found.locator('.doubt')).toHaveText(
    /^Little speech was found\. Music is better left/,
  );
  await expect(found.locator('.rated')).toHaveCount(0);
});

test('when the worker has ended, results of the next one are rated', async ({
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
  await endWorker(page);
  await broken.getByRole('button', { name: /^Retry/ }).click();
  await untilDone(page, 'long.wav');
  await broken.locator('.name').click();
  await expect(broken.locator('.rated')).toBeVisible();
});

/** Half a second of the sample, and a long silence. */
function aWord(): Buffer {
  const { samples, ...format } = readWav(readFileSync(SAMPLE));
  const word = new Float32Array(16 * format.sampleRate);
  word.set(samples.subarray(3 * format.sampleRate, 3.5 * format.sampleRate), format.sampleRate);
  return writeWav({ ...format, samples: word });
}
