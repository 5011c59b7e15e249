/** The list of recordings: removing, undoing, running again, the headline. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { readWav, writeWav } from './support/audio.ts';
import { expect, test } from './support/fixtures.ts';
import {
  SAMPLE,
  choose,
  longSample,
  open,
  recording,
  row,
  save,
  untilDone,
} from './support/page.ts';
import { ROOT } from './support/paths.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('removing by keyboard keeps the focus, and can be undone with the result', async ({
  page,
  isolated,
}) => {
  await open(page, isolated);
  await choose(page, recording('mono.mp3'), SAMPLE);
  await untilDone(page, 'mono.mp3');
  await untilDone(page, 'sample.wav');
  const remove = (name: string) => page.getByRole('button', { name: `Remove ${name}` });
  await remove('mono.mp3').press('Enter');
  await expect(page.locator('.row')).toHaveCount(1);
  await expect(row(page, 'sample.wav').locator('.name')).toBeFocused();
  await remove('sample.wav').press('Enter');
  await expect(page.locator('.row')).toHaveCount(0);
  await expect(page.locator('.ways button').first()).toBeFocused();
  // Only the last removal comes back, with its result.
  await page.getByRole('button', { name: 'Undo' }).press('Enter');
  await expect(page.locator('.row .name')).toHaveText(['sample.wav']);
  await expect(row(page, 'sample.wav').locator('.name')).toBeFocused();
  await expect(row(page, 'sample.wav').locator('.status')).toHaveText('Done');
  const { bytes } = await save(page, 'sample.wav');
  expect(readWav(bytes).samples.length).toBe(readWav(readFileSync(SAMPLE)).samples.length);
});

test('a row comes back where it stood, for ten seconds', async ({ page, isolated }) => {
  await open(page, isolated);
  await choose(page, recording('mono.mp3'), recording('mono.aac'), recording('16.flac'));
  await expect(page.locator('.summary')).toContainText('3 of 3 done');
  await page.clock.install();
  await page.getByRole('button', { name: 'Remove mono.aac' }).click();
  await page.clock.fastForward(9_000);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('.row .name')).toHaveText(['mono.mp3', 'mono.aac', '16.flac']);
  await page.getByRole('button', { name: 'Remove mono.aac' }).click();
  await page.clock.fastForward(10_000);
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
  await expect(page.locator('.row .name')).toHaveText(['mono.mp3', '16.flac']);
});

test('a setting that runs files again asks first', async ({ page, isolated }) => {
  await open(page, isolated);
  await choose(page, recording('mono.mp3'), SAMPLE);
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  const light = page.getByRole('radio', { name: 'Light' });
  const dialog = page.getByRole('dialog', { name: 'Run again?' });
  await light.click();
  await expect(dialog).toContainText('all 2 recordings');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('radio', { name: 'Full band' })).toBeChecked();
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  const quiet = page.getByRole('combobox', { name: 'Quiet speech' });
  await quiet.selectOption('Off');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(quiet).toHaveValue('auto');
  await light.click();
  await dialog.getByRole('button', { name: 'Run again' }).click();
  await expect(light).toBeChecked();
  await expect(page.locator('.engine.ready')).toHaveText('Light is ready');
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
});

test('the headline and the title of the tab say how far all files are', async ({
  page,
  isolated,
}, info) => {
  await open(page, isolated);
  const paths = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) =>
    info.outputPath(`${name}.wav`),
  );
  for (const path of paths) copyFileSync(SAMPLE, path);
  // One file is so long that its speed is shown on any machine.
  writeFileSync(paths[0] ?? '', longSample(20));
  await page.evaluate(() => {
    window.seenTitles = [];
    new MutationObserver(() =>
      window.seenTitles.push(
        [document.title, document.querySelector('.summary h2')?.textContent ?? ''].join('|'),
      ),
    ).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await choose(page, ...paths);
  await expect(page).toHaveTitle('6 of 6 done – Enhancer');
  await expect(page.locator('.summary h2')).toHaveText('6 of 6 done');
  const seen = await page.evaluate(() => window.seenTitles);
  const left = /^\d of 6 · (less than a minute|about .* minutes?) left – Enhancer\|\d of 6 · /;
  expect(seen.some((text) => left.test(text))).toBe(true);
  for (const path of paths) {
    await page.getByRole('button', { name: `Remove ${path.split('/').at(-1)}` }).click();
  }
  await expect(page).toHaveTitle('Enhancer: remove background noise from speech');
});

test('a file that is not a recording is named, cannot be retried, and goes with one click', async ({
  page,
  isolated,
}, info) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const files: Record<string, [content: Buffer, title: string]> = {
    'empty.wav': [Buffer.alloc(0), 'This file is empty.'],
    'text.wav': [Buffer.from('Grüße, this is text.\n'), 'This is a text file.'],
    'page.mp3': [Buffer.from('%PDF-1.7\n'), 'This is a PDF document.'],
    'photo.png': [readFileSync(`${ROOT}/web/public/icon-192.png`), 'This is a picture.'],
    'random.wav': [
      Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i * 7919) % 251)),
      'This file type isn’t supported.',
    ],
  };
  await open(page, isolated);
  for (const [name, [content]] of Object.entries(files)) {
    writeFileSync(info.outputPath(name), content);
  }
  await choose(page, ...Object.keys(files).map((name) => info.outputPath(name)), SAMPLE);
  await untilDone(page, 'sample.wav');
  for (const [name, [, title]] of Object.entries(files)) {
    await expect(row(page, name).locator('.problem p').first()).toContainText(title);
    await expect(row(page, name).getByRole('button', { name: 'Retry' })).toHaveCount(0);
  }
  await expect(page.locator('.summary h2')).toHaveText('1 of 6 done, 5 failed');
  await page.getByRole('button', { name: 'Remove all failed' }).click();
  await expect(page.locator('.row .name')).toHaveText(['sample.wav']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('.row')).toHaveCount(6);
  expect(complaints).toEqual([]);
});

test('a damaged file says so in its closed row, and in the headline', async ({
  page,
  isolated,
}, info) => {
  const flac = readFileSync(recording('16.flac'));
  writeFileSync(info.outputPath('cut.flac'), flac.subarray(0, flac.length - 200));
  await open(page, isolated);
  await choose(page, SAMPLE, info.outputPath('cut.flac'));
  await expect(row(page, 'cut.flac').locator('.status')).toHaveText('Done, damaged');
  await expect(row(page, 'cut.flac').locator('.name')).toHaveAttribute('aria-expanded', 'false');
  await expect(page.locator('.summary h2')).toHaveText('2 of 2 done, 1 damaged');
  await save(page, 'cut.flac');
  await expect(row(page, 'cut.flac').locator('.status')).toHaveText('Saved, damaged');
  await row(page, 'cut.flac').locator('.name').click();
  await expect(row(page, 'cut.flac').locator('.doubt')).toContainText('The file is damaged at');
});

test('a result from which almost everything was removed says so, with advice', async ({
  page,
  isolated,
}, info) => {
  // Noise without a voice, the same in every run.
  let state = 7;
  const samples = Float32Array.from({ length: 3 * 48_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) / 5;
  });
  const wav = writeWav({ sampleRate: 48_000, channels: 1, samples });
  writeFileSync(info.outputPath('noise.wav'), wav);
  await open(page, isolated);
  await choose(page, SAMPLE, info.outputPath('noise.wav'));
  await expect(row(page, 'noise.wav').locator('.status')).toHaveText('Done, almost silent');
  await expect(page.locator('.summary h2')).toHaveText('2 of 2 done, 1 almost silent');
  await row(page, 'noise.wav').locator('.name').click();
  const doubt = row(page, 'noise.wav').locator('.doubt');
  const asked = 'Is this music, or is the speech very quiet? Try less noise removal';
  await expect(doubt).toHaveText(`Almost everything was removed. ${asked}.`);
  // A setting that is already chosen is not advised.
  await page.getByRole('combobox', { name: 'Quiet speech' }).selectOption('Off');
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(doubt).toContainText(`${asked}, or set “Quiet speech” to “Automatic”.`);
});

declare global {
  interface Window {
    /** The texts of the tab's title and of the headline, at each change. */
    seenTitles: string[];
  }
}
