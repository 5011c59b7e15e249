/** What the page says of a result: whether listeners would find it better. */
import { writeFileSync } from 'node:fs';
import { writeWav } from './support/audio.ts';
import { measuredNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import { choose, open, row, SAMPLE, untilDone } from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('an open result shows how listeners would rate it before and after', async ({
  page,
  isolated,
}) => {
  await open(page, isolated);
  await choose(page, SAMPLE);
  const rated = page.getByRole('table', { name: /^How listeners would rate it, from 1 to 5/ });
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
  await untilDone(page, 'chords.wav');
  const chordsRow = row(page, 'chords.wav');
  await expect(chordsRow.locator('.status')).toHaveText(
    /^Done, (little speech|almost silent|speech removed)$/,
  );
  await expect(chordsRow.locator('.doubt').first()).toContainText(/[Mm]usic/);
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
