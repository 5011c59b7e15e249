// What enhancing costs in the component, with one thread of Node.js: by model and length, the
// seconds of processor time for a second of audio, and the memory that the instance takes.
// Needs `make edge` and a native build.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage, hrtime } from 'node:process';
import { start, transpile } from '../edge/component.mjs';
import { ROOT, enhanceNatively } from '../support/recording.mjs';

const CONTROLS = { postFilter: false, exact: false };

/** Runs a function; gives what it returns and the seconds of processor time. */
async function timed(work) {
  const before = cpuUsage();
  const result = await work();
  const { user, system } = cpuUsage(before);
  return [result, (user + system) / 1e6];
}

/** So many seconds of noisy speech as FLAC, 16 bits, mono, 48 kHz. */
async function speech(folder, seconds) {
  const sample = await readFile(join(ROOT, 'audio_samples/audio_file_48k.raw'));
  const bytes = seconds * 192_000;
  const raw = join(folder, `${seconds}.raw`);
  const copies = Array(Math.ceil(bytes / sample.length)).fill(sample);
  await writeFile(raw, Buffer.concat(copies).subarray(0, bytes));
  const flac = join(folder, `${seconds}.flac`);
  const format = ['--destination-format', 's16le'];
  return readFile(await enhanceNatively(raw, flac, '-y', '--model', 'passthrough', ...format));
}

const folder = await mkdtemp(join(tmpdir(), 'enhancer-bench-'));
try {
  await transpile(folder);
  const began = hrtime.bigint();
  const { models } = await start(folder);
  console.log(`start: ${Number(hrtime.bigint() - began) / 1e6} ms`);
  for (const { name } of models.builtIn().filter(({ name }) => name !== 'passthrough')) {
    const component = await start(folder);
    const [, loading] = await timed(() => component.models.Model.load(name));
    console.log(`${name}: loaded in ${(loading * 1e3).toFixed(0)} ms`);
    for (const seconds of [10, 60, 600]) {
      const file = await speech(folder, seconds);
      const fresh = await start(folder);
      const by = fresh.models.Model.load(name);
      const options = { strict: false, controls: CONTROLS };
      const [, cost] = await timed(() => fresh.enhance.enhance(by, file, options));
      const [share, memory] = [(cost / seconds).toFixed(4), (fresh.memory() / 1e6).toFixed(0)];
      console.log(`  ${seconds} s: ${share} s for a second of audio, ${memory} MB`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
