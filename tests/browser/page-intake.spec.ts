import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, drop, open, recording, row, untilDone } from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('a recording from the microphone becomes a file', async ({ page, enhancer }) => {
  await page.addInitScript(() => {
    // The test machine has no microphone: a tone replaces it. The rest is real.
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const tone = context.createOscillator();
      const destination = context.createMediaStreamDestination();
      tone.connect(destination);
      tone.start();
      return destination.stream;
    };
  });
  await open(page, enhancer);
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await expect
    .poll(() => page.getByRole('meter').evaluate((meter) => (meter as HTMLMeterElement).value))
    .toBeGreaterThan(0.5);
  await expect(page.locator('.recording .figures')).toHaveText(/[1-9]/);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.locator('.row .name')).toHaveText(
    /^Recording \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.webm$/,
  );
  await untilDone(page, 'Recording');
  // A live recording states no sizes. This is not damage.
  await expect(page.locator('.row')).not.toContainText(/damage/i);
  // The length is that of the recorded tone, which depends on the machine.
  await expect(page.locator('.row .length')).toHaveText(/[1-9]/);
});

test('a microphone that cannot be used is reported, with advice', async ({ page, enhancer }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError');
    };
  });
  await open(page, enhancer);
  await page.getByRole('button', { name: 'Record', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('The microphone cannot be used.');
  await expect(page.getByRole('button', { name: 'Record', exact: true })).toBeEnabled();
});

test('pasted files are taken', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await page.evaluate(async () => {
    const clipboardData = new DataTransfer();
    const content = await (await fetch('sample.wav')).blob();
    clipboardData.items.add(new File([content], 'pasted.wav'));
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
  });
  await untilDone(page, 'pasted.wav');
});

test('a chosen folder gives its recordings', async ({ page, enhancer }, info) => {
  const folder = info.outputPath('calls');
  mkdirSync(folder);
  copyFileSync(recording('mono.mp3'), `${folder}/call.mp3`);
  copyFileSync(recording('mono.mp3'), `${folder}/call 10.mp3`);
  copyFileSync(recording('mono.mp3'), `${folder}/call 9.mp3`);
  writeFileSync(`${folder}/notes.txt`, 'not audio');
  await open(page, enhancer);
  await page.locator('input[type=file]').nth(1).setInputFiles(folder);
  await expect(page.locator('.row .name')).toHaveText([
    'calls/call 9.mp3',
    'calls/call 10.mp3',
    'calls/call.mp3',
  ]);
  await untilDone(page, 'call.mp3');
});

test('files and a folder that are dropped together are all taken', async ({
  page,
  isolated,
}, info) => {
  const folder = info.outputPath('talks');
  mkdirSync(folder);
  copyFileSync(recording('mono.mp3'), `${folder}/intro.mp3`);
  writeFileSync(`${folder}/notes.txt`, 'not audio');
  const [text, song] = [info.outputPath('letter.txt'), info.outputPath('song.flac')];
  writeFileSync(text, 'not audio either');
  copyFileSync(recording('16.flac'), song);
  await open(page, isolated);
  await drop(page, song, folder, text, SAMPLE);
  await expect(page.locator('.row .name')).toHaveText([
    'song.flac',
    'talks/intro.mp3',
    'letter.txt',
    'sample.wav',
  ]);
  for (const name of ['song.flac', 'intro.mp3', 'sample.wav']) await untilDone(page, name);
  // A text that was dropped by itself fails with a reason; in a folder it is left out.
  await expect(row(page, 'letter.txt').locator('.status')).toHaveText('Failed');
});
