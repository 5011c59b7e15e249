import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { BEGUN_MS } from '../../web/src/save/download.ts';
import { readWav, snr, writeWav } from './support/audio.ts';
import { enhanceNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import {
  SAMPLE,
  choose,
  drop,
  open,
  openRow,
  recording,
  row,
  save,
  untilDone,
} from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('a save says what it will write, and where it wrote it', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await choose(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  const sample = row(page, 'sample.wav');
  const planned = await sample.locator('.planned').textContent();
  const { name, bytes } = await save(page, 'sample.wav');
  expect(planned).toBe(`WAV, ${Math.ceil(bytes.length / 1000)} kB`);
  await expect(sample.locator('.status')).toHaveText('Saved');
  await expect(sample.locator('.saved')).toHaveText(
    `Saved as ${name}, ${Math.ceil(bytes.length / 1000)} kB`,
  );
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('WAV, 24 bits');
  const larger = await sample.locator('.planned').textContent();
  expect(larger).toBe(
    `WAV, ${((await save(page, 'sample.wav')).bytes.length / 1e6).toFixed(1)} MB`,
  );
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('FLAC, 16 bits');
  await expect(sample.locator('.planned')).toHaveText(/^FLAC, about \d+ kB$/);
});

test('a result is saved as MP3 and as Opus, which the browser plays at their full length', async ({
  page,
  enhancer,
}) => {
  await open(page, enhancer);
  await choose(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  for (const [format, extension] of [
    ['MP3', 'mp3'],
    ['Opus', 'opus'],
  ] as const) {
    await test.step(format, async () => {
      await page.getByRole('combobox', { name: 'Save as' }).selectOption(format);
      const planned = row(page, 'sample.wav').locator('.planned');
      await expect(planned).toHaveText(new RegExp(`^${format}, about \\d+ kB$`));
      const about = Number(/(\d+) kB/.exec((await planned.textContent()) ?? '')?.[1]);
      const { name, bytes } = await save(page, 'sample.wav');
      expect(name).toBe(`sample.enhanced.${extension}`);
      expect(bytes.length / 1000).toBeGreaterThan(about / 2);
      expect(bytes.length / 1000).toBeLessThan(about * 1.2);
      const decoded = await decodedBy(page, bytes);
      expect(decoded.channels).toBe(1);
      expect(decoded.length).toBe(readWav(readFileSync(SAMPLE)).samples.length);
      expect(decoded.loudest).toBeGreaterThan(0.1);
    });
  }
});

/** The samples that the browser decodes from an audio file. */
function decodedBy(page: Page, bytes: Buffer) {
  return page.evaluate(async (base64) => {
    const file = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const context = new OfflineAudioContext(1, 1, 48_000);
    const buffer = await context.decodeAudioData(file.buffer);
    const { numberOfChannels: channels, length } = buffer;
    const loudest = buffer.getChannelData(0).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return { channels, length, loudest };
  }, bytes.toString('base64'));
}

test('the removed part is saved under its own name', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await choose(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  const { name, bytes } = await save(page, 'sample.wav', 'Save what was removed');
  expect(name).toBe('sample.removed.wav');
  const expected = enhanceNatively(SAMPLE, 'wav', '--output', 'removed');
  expect(snr(readWav(expected).samples, readWav(bytes).samples)).toBeGreaterThan(60);
  await expect(row(page, 'sample.wav').locator('.status')).toHaveText('Done');
});

test('a file that will be saved in another format says so before', async ({ page, isolated }) => {
  const kinds = [
    ['pcm-s16.aiff', 'WAV', 'The result is saved as WAV. “Save as” offers other formats.'],
    ['alac.m4a', 'WAV', 'The result is saved as WAV. “Save as” offers other formats.'],
    ['mono.aac', 'M4A', 'The result is saved as M4A. “Save as” offers other formats.'],
    ['vorbis.ogg', 'Opus', 'The result is saved as Opus. “Save as” offers other formats.'],
  ] as const;
  await open(page, isolated);
  await choose(page, ...[...kinds.map(([file]) => file), 'mono.mp3'].map(recording));
  for (const [file, kind, text] of kinds) {
    await untilDone(page, file);
    await openRow(page, file);
    await expect(row(page, file)).toContainText(text);
    await expect(row(page, file).locator('.planned')).toContainText(kind);
  }
  // A file that keeps its format says nothing about it.
  await untilDone(page, 'mono.mp3');
  await openRow(page, 'mono.mp3');
  await expect(row(page, 'mono.mp3').locator('.planned')).toContainText('MP3, about');
  await expect(row(page, 'mono.mp3')).not.toContainText('saved as');
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('FLAC, 16 bits');
  for (const [file, , text] of kinds) {
    await openRow(page, file);
    await expect(row(page, file)).not.toContainText(text);
  }
});

test('a video says that it stays one, or that only its audio is saved', async ({
  page,
  isolated,
}) => {
  await open(page, isolated);
  await choose(page, recording('video.mp4'));
  await untilDone(page, 'video.mp4');
  const video = row(page, 'video.mp4');
  await expect(video.locator('.planned')).toHaveText(/^MP4 video, about \d+ kB$/);
  await expect(video).not.toContainText('Only the audio');
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('FLAC, 16 bits');
  await expect(video.locator('.planned')).toHaveText(/^FLAC, about \d+ kB$/);
  await expect(video).toContainText('Only the audio of the video is saved, as FLAC.');
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('Same as original');
  const removed = await save(page, 'video.mp4', 'Save what was removed');
  expect(removed.name).toBe('video.removed.m4a');
});

test('all results are saved as one zip, names that collide kept apart', async ({
  page,
  enhancer,
}, info) => {
  mkdirSync(info.outputPath('talks'), { recursive: true });
  copyFileSync(SAMPLE, info.outputPath('talks/talk.wav'));
  copyFileSync(recording('pcm-s16.aiff'), info.outputPath('talk.aiff'));
  copyFileSync(recording('16.flac'), info.outputPath('talk.wav'));
  // Removes the picker, as in browsers that have none.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await open(page, enhancer);
  await choose(page, info.outputPath('talk.aiff'), info.outputPath('talk.wav'));
  await drop(page, info.outputPath('talks'));
  await expect(page.locator('.summary')).toContainText('3 of 3 done');
  const begun = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all as a zip' }).click();
  const download = await begun;
  expect(download.suggestedFilename()).toBe('enhanced.zip');
  await expect(page.locator('.saved')).toHaveText([
    /^Saved as enhanced\.zip\/talk\.enhanced\.wav, \d+ kB$/,
    /^Saved as enhanced\.zip\/talk\.enhanced\.flac, \d+ kB$/,
    /^Saved as enhanced\.zip\/talks\/talk\.enhanced\.wav, \d+ kB$/,
  ]);
  const files = unzipSync(readFileSync(await download.path()));
  expect(Object.keys(files).sort()).toEqual([
    'talk.enhanced.flac',
    'talk.enhanced.wav',
    'talks/talk.enhanced.wav',
  ]);
  const talk = Buffer.from(files['talks/talk.enhanced.wav'] ?? []);
  expect(readWav(talk).samples.length).toBe(readWav(readFileSync(SAMPLE)).samples.length);
});

test('saved results do not stay in the browser’s storage', async ({ page, enhancer }) => {
  await page.clock.install();
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'showSaveFilePicker');
    window.showDirectoryPicker = async () => {
      const root = await navigator.storage.getDirectory();
      return root.getDirectoryHandle('picked', { create: true });
    };
  });
  await open(page, enhancer);
  await choose(page, SAMPLE, recording('mono.mp3'));
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  const takes = await page.evaluate(listKept);
  expect(takes).toHaveLength(2);
  const saved = [];
  for (const button of [/^Save enhanced/, 'Save what was removed', /^Save enhanced/]) {
    saved.push((await save(page, 'sample.wav', button)).bytes);
    // The last result may still be on its way to the downloads, and for a while also the one before.
    await page.clock.fastForward(BEGUN_MS);
    await expect.poll(() => page.evaluate(listKept)).toHaveLength(3);
  }
  expect(saved[2]).toEqual(saved[0]);
  for (const [button, text] of [
    ['Save all as a zip', 'All files were saved into enhanced.zip.'],
    ['Save all into a folder', 'All files were saved into picked.'],
  ] as const) {
    await page.getByRole('button', { name: button }).click();
    await expect(page.getByRole('status')).toContainText(text);
    await page.clock.fastForward(BEGUN_MS);
    await expect.poll(() => page.evaluate(listKept)).toEqual(takes);
  }
});

test('a file that is removed while it is saved does not stay in the browser’s storage', async ({
  page,
  isolated,
}) => {
  await page.clock.install();
  await page.addInitScript(() => {
    // Removes all rows in the last moment of a save. The second removal ends the offer to undo the first.
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
      for (const button of document.querySelectorAll<HTMLElement>('.row .remove')) button.click();
      click.call(this);
    };
  });
  await open(page, isolated);
  await choose(page, SAMPLE, recording('mono.mp3'));
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  const { bytes } = await save(page, 'sample.wav');
  expect(readWav(bytes).samples.length).toBe(readWav(readFileSync(SAMPLE)).samples.length);
  await expect(page.locator('.row')).toHaveCount(0);
  await page.clock.fastForward(BEGUN_MS);
  await expect.poll(() => page.evaluate(listKept)).toEqual([]);
});

/** The files that the package keeps. Runs in the page. */
async function listKept(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle('enhancer-wasm');
  const paths: string[] = [];
  for await (const [name, folder] of all.entries()) {
    for await (const file of (folder as FileSystemDirectoryHandle).keys()) {
      paths.push(`${name}/${file}`);
    }
  }
  return paths.sort();
}

test('a result that is enhanced again does not repeat itself in its name', async ({
  page,
  isolated,
}, info) => {
  await open(page, isolated);
  await choose(page, recording('16.flac'));
  await untilDone(page, '16.flac');
  const { name, bytes } = await save(page, '16.flac');
  expect(name).toBe('16.enhanced.flac');
  writeFileSync(info.outputPath(name), bytes);
  await choose(page, info.outputPath(name));
  await untilDone(page, name);
  expect((await save(page, name)).name).toBe('16.enhanced (2).flac');
});

test('a loudness that is missed is reported with what was saved', async ({
  page,
  isolated,
}, info) => {
  const { samples, ...format } = readWav(readFileSync(SAMPLE));
  // A save raises the level by at most 40 dB.
  const quiet = samples.map((sample) => sample / 150);
  writeFileSync(info.outputPath('quiet.wav'), writeWav({ ...format, samples: quiet }));
  await open(page, isolated);
  await choose(page, info.outputPath('quiet.wav'), SAMPLE);
  await expect(page.locator('.summary')).toContainText('2 of 2 done');
  await page.getByRole('combobox', { name: 'Loudness' }).selectOption('Podcast (−16 LUFS)');
  await save(page, 'quiet.wav');
  await expect(row(page, 'quiet.wav').locator('.of-saved')).toHaveText(/^The loudness is .* 40 dB/);
  await expect(page.getByRole('status')).toContainText(
    'quiet.enhanced.wav was saved. The loudness',
  );
  await save(page, 'sample.wav');
  await expect(row(page, 'sample.wav').locator('.saved')).toBeVisible();
  await expect(row(page, 'sample.wav').locator('.of-saved')).toHaveCount(0);
});

test('a second result of the same name gets a number', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await choose(page, recording('alac.caf'));
  await choose(page, recording('alac.m4a'));
  await untilDone(page, 'alac.caf');
  await untilDone(page, 'alac.m4a');
  expect((await save(page, 'alac.caf')).name).toBe('alac.enhanced.wav');
  expect((await save(page, 'alac.m4a')).name).toBe('alac.enhanced (2).wav');
});

test('all results are written into a folder, and nothing there is overwritten', async ({
  page,
  enhancer,
}) => {
  // A test cannot operate the picker. The folder that it returns here is a real one.
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
    [1, ['mono.enhanced.mp3', 'sample.enhanced.wav']],
    [
      2,
      [
        'mono.enhanced (2).mp3',
        'mono.enhanced.mp3',
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
    await expect(page.locator('.saved').first()).toContainText(
      `Saved as picked/${names.find((name) => name.startsWith('mono.'))}`,
    );
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

test('parts that a format cannot hold are reported with the saved file', async ({
  page,
  isolated,
}, info) => {
  const wav = readFileSync(SAMPLE);
  // An empty list of markers.
  const marked = Buffer.concat([wav, Buffer.from('cue \x04\0\0\0\0\0\0\0', 'latin1')]);
  marked.writeUInt32LE(marked.length - 8, 4);
  writeFileSync(info.outputPath('marked.wav'), marked);
  await open(page, isolated);
  await choose(page, info.outputPath('marked.wav'));
  await untilDone(page, 'marked.wav');
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('MP3');
  await save(page, 'marked.wav');
  await expect(row(page, 'marked.wav').locator('.of-saved')).toContainText('cue');
});
