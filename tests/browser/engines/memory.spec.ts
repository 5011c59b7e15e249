/**
 * An hour of sound, by a shorter stand-in that has as many bytes: the sample rate is as high as is
 * taken, and a sample as wide. The network runs at its own rate, so that it has little to do.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { writeWav } from '../support/audio.ts';
import { expect, test } from './fixtures.ts';
import { watchMemory } from './memory.ts';
import { choose, open, untilState } from './page.ts';

const RATE = 768_000;
const SECONDS = 40;
/** What is kept of it, as 32-bit floats: the original and the enhanced samples. */
const TAKE_BYTES = 2 * 4 * SECONDS * RATE;
/** What memory goes up and down by, whatever is done: less than either of them, and than the source. */
const ALLOWED = 90e6;

/** Writes a WAV file of 64-bit floats, a second at a time. */
function writeTone(path: string, seconds: number): void {
  const samples = Float64Array.from({ length: RATE }, (_, at) => Math.sin(at / 99) / 9);
  const second = Buffer.from(samples.buffer);
  const header = writeWav({ sampleRate: RATE, channels: 1, samples: new Float32Array() });
  const bytes = seconds * second.length;
  header.writeUInt32LE(36 + bytes, 4);
  header.writeUInt32LE(8 * RATE, 28);
  header.writeUInt16LE(8, 32);
  header.writeUInt16LE(64, 34);
  header.writeUInt32LE(bytes, 40);
  writeFileSync(path, header);
  for (let written = 0; written < seconds; written++) appendFileSync(path, second);
}

test('memory does not grow with the recording', async ({
  driven,
  visitor: { tab },
  isolated,
}, info) => {
  const [short, long] = [info.outputPath('short.wav'), info.outputPath('long.wav')];
  writeTone(short, 2);
  writeTone(long, SECONDS);
  await open(tab, isolated);
  // WebKitGTK has no files for a page, so that what is kept is in memory; the source is not.
  const hasFiles = await tab.evaluate(() => 'FileSystemFileHandle' in globalThis);
  const allowed = ALLOWED + (hasFiles ? 0 : TAKE_BYTES);
  // The program is compiled, and all that is there once is there.
  await choose(tab, short);
  await untilState(tab, 'short.wav', /^Done/);
  const memory = watchMemory(driven.pid);
  const before = memory.now();
  await choose(tab, long);
  await untilState(tab, 'long.wav', /^[5-9]\d %/);
  const secondHalf = watchMemory(driven.pid);
  await untilState(tab, 'long.wav', /^Done/);
  expect(secondHalf.stop().least - before).toBeLessThan(allowed);
  // What nobody holds any more is collected by and by.
  await expect.poll(() => memory.now() - before).toBeLessThan(allowed);
  memory.stop();
});
