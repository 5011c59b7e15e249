/**
 * An hour of sound, replaced by a shorter recording with as many bytes: it has the highest sample rate
 * and the widest samples that are accepted. The network runs at its own rate and has little to do.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { writeWav } from '../support/audio.ts';
import { expect, test } from './fixtures.ts';
import { watchMemory } from './memory.ts';
import { choose, open, untilState } from './page.ts';

const RATE = 768_000;
const SECONDS = 40;
/** Bytes that a take keeps: original and enhanced samples as 32-bit floats. */
const TAKE_BYTES = 2 * 4 * SECONDS * RATE;
/** Bytes by which memory varies anyway: less than original, enhanced samples or source alone. */
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
  // WebKitGTK gives pages no files, so that takes are kept in memory. The source is not.
  const hasFiles = await tab.evaluate(() => 'FileSystemFileHandle' in globalThis);
  const allowed = ALLOWED + (hasFiles ? 0 : TAKE_BYTES);
  // A short file first, so that the program is compiled and everything is allocated.
  await choose(tab, short);
  await untilState(tab, 'short.wav', /^Done/);
  const memory = watchMemory(driven.pid);
  const before = memory.now();
  await choose(tab, long);
  await untilState(tab, 'long.wav', /^[5-9]\d %/);
  const secondHalf = watchMemory(driven.pid);
  await untilState(tab, 'long.wav', /^Done/);
  expect(secondHalf.stop().least - before).toBeLessThan(allowed);
  // The browser collects garbage with a delay.
  await expect.poll(() => memory.now() - before).toBeLessThan(allowed);
  memory.stop();
});
