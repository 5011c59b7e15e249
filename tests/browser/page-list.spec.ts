/** The list of recordings: removing, undoing, running again, what its headline says. */
import { readFileSync } from 'node:fs';
import { readWav } from './support/audio.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, row, save, untilDone } from './support/page.ts';

test('removing by keyboard keeps the focus, and can be undone with the result', async ({
  page,
  plain,
}) => {
  await open(page, plain);
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
  // Only the last removal comes back, with what was enhanced.
  await page.getByRole('button', { name: 'Undo' }).press('Enter');
  await expect(page.locator('.row .name')).toHaveText(['sample.wav']);
  await expect(row(page, 'sample.wav').locator('.name')).toBeFocused();
  await expect(row(page, 'sample.wav').locator('.status')).toHaveText('Done');
  const { bytes } = await save(page, 'sample.wav');
  expect(readWav(bytes).samples.length).toBe(readWav(readFileSync(SAMPLE)).samples.length);
});

test('a row comes back where it stood, for ten seconds', async ({ page, plain }) => {
  await open(page, plain);
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

test('a setting that runs files again asks first', async ({ page, plain }) => {
  await open(page, plain);
  await choose(page, recording('mono.mp3'), SAMPLE);
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  const dtln = page.getByRole('radio', { name: 'DTLN' });
  const dialog = page.getByRole('dialog', { name: 'Run again?' });
  await dtln.click();
  await expect(dialog).toContainText('all 2 recordings');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('radio', { name: 'DeepFilterNet 3' })).toBeChecked();
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  const quiet = page.getByRole('combobox', { name: 'Quiet speech' });
  await quiet.selectOption('Off');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(quiet).toHaveValue('auto');
  await dtln.click();
  await dialog.getByRole('button', { name: 'Run again' }).click();
  await expect(dtln).toBeChecked();
  await expect(page.locator('.engine.ready')).toHaveText('DTLN is ready');
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
});
