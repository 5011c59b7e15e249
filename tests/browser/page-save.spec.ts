import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { readWav } from './support/audio.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, drop, open, recording, save, untilDone } from './support/page.ts';

test('all results are saved as one zip, names that collide kept apart', async ({
  page,
  enhancer,
}, info) => {
  mkdirSync(info.outputPath('talks'), { recursive: true });
  copyFileSync(SAMPLE, info.outputPath('talks/talk.wav'));
  copyFileSync(recording('mono.mp3'), info.outputPath('talk.mp3'));
  copyFileSync(recording('16.flac'), info.outputPath('talk.wav'));
  // Without a picker, as in browsers that have none.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await open(page, enhancer);
  await choose(page, info.outputPath('talk.mp3'), info.outputPath('talk.wav'));
  await drop(page, info.outputPath('talks'));
  await expect(page.locator('.summary')).toContainText('3 of 3 done');
  const begun = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all as a zip' }).click();
  const download = await begun;
  expect(download.suggestedFilename()).toBe('enhanced.zip');
  const files = unzipSync(readFileSync(await download.path()));
  expect(Object.keys(files).sort()).toEqual([
    'talk.enhanced.flac',
    'talk.enhanced.wav',
    'talks/talk.enhanced.wav',
  ]);
  const talk = Buffer.from(files['talks/talk.enhanced.wav'] ?? []);
  expect(readWav(talk).samples.length).toBe(readWav(readFileSync(SAMPLE)).samples.length);
});

test('a second result of the same name gets a number', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await choose(page, recording('mono.mp3'));
  await choose(page, recording('mono.aac'));
  await untilDone(page, 'mono.mp3');
  await untilDone(page, 'mono.aac');
  expect((await save(page, 'mono.mp3')).name).toBe('mono.enhanced.wav');
  expect((await save(page, 'mono.aac')).name).toBe('mono.enhanced (2).wav');
});

test('all results are written into a folder, and nothing there is overwritten', async ({
  page,
  enhancer,
}) => {
  // The picker cannot be worked from here; the folder it gives is a real one.
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => {
      const root = await navigator.storage.getDirectory();
      return root.getDirectoryHandle('picked', { create: true });
    };
  });
  await open(page, enhancer);
  await choose(page, recording('mono.mp3'), SAMPLE);
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  for (const [round, names] of [
    [1, ['mono.enhanced.wav', 'sample.enhanced.wav']],
    [
      2,
      [
        'mono.enhanced (2).wav',
        'mono.enhanced.wav',
        'sample.enhanced (2).wav',
        'sample.enhanced.wav',
      ],
    ],
  ] as const) {
    await page.getByRole('button', { name: 'Save all into a folder' }).click();
    await expect(page.getByRole('status'), `round ${round}`).toContainText(
      'All files were saved into picked.',
    );
    await expect(page.getByRole('button', { name: 'Save all into a folder' })).toBeEnabled();
    expect(await page.evaluate(listPicked)).toEqual(names);
  }
});

declare global {
  interface Window {
    showDirectoryPicker?: () => Promise<FileSystemDirectoryHandle>;
  }
}

/** Runs in the page. */
async function listPicked(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const picked = await root.getDirectoryHandle('picked');
  const names: string[] = [];
  for await (const name of picked.keys()) names.push(name);
  return names.sort();
}
