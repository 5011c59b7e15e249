// Measures the costs of enhancing in the component, with one thread of Node.js: for each model and
// length, the seconds of processor time for a second of audio, and the memory of the instance.
// Needs `make edge` and a native build.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuUsage } from 'node:process';
import { start, transpile } from '../edge/component.mjs';
import { ROOT, enhanceNatively } from '../support/recording.mjs';

const CONTROLS = { postFilter: false, exact: false };
const LENGTHS = [10, 60, 600];
/** The length of a stream, in seconds. */
const STREAM = 60;

/** Runs a function. Returns its result and the seconds of processor time. */
function timed(work) {
  const before = cpuUsage();
  const result = work();
  const { user, system } = cpuUsage(before);
  return [result, (user + system) / 1e6];
}

/** This many seconds of noisy speech, mono, at 48 kHz. */
async function speech(seconds) {
  const sample = await readFile(join(ROOT, 'audio_samples/audio_file_48k.raw'));
  const bytes = seconds * 192_000;
  return Buffer.concat(Array(Math.ceil(bytes / sample.length)).fill(sample)).subarray(0, bytes);
}

/** The same as FLAC of 16 bits. */
async function flac(folder, seconds) {
  const [raw, file] = ['raw', 'flac'].map((kind) => join(folder, `${seconds}.${kind}`));
  await writeFile(raw, await speech(seconds));
  const format = ['--destination-format', 's16le'];
  return readFile(await enhanceNatively(raw, file, '-y', '--model', 'passthrough', ...format));
}

/** Pushes hop by hop, like a microphone. The sample rate does not change the cost. */
function stream(component, model) {
  const [rate, hop] = [model.sampleRate(), model.sampleRate() / 100];
  const session = component.streaming.Session.open(model, rate, 1, CONTROLS);
  return (samples) => {
    for (let from = 0; from + hop <= STREAM * rate; from += hop) {
      session.push(samples.subarray(from, from + hop));
    }
  };
}

const folder = await mkdtemp(join(tmpdir(), 'enhancer-bench-'));
try {
  await transpile(folder);
  const raw = await speech(STREAM);
  const samples = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  const { models } = await start(folder);
  for (const { name } of models.builtIn().filter(({ name }) => name !== 'passthrough')) {
    const first = await start(folder);
    const [model, loading] = timed(() => first.models.Model.load(name));
    console.log(`${name}: loaded in ${(loading * 1e3).toFixed(0)} ms`);
    const push = stream(first, model);
    const [, streaming] = timed(() => push(samples));
    console.log(`  stream: ${(streaming / STREAM).toFixed(3)} s for a second of audio`);
    for (const seconds of LENGTHS) {
      const file = await flac(folder, seconds);
      const fresh = await start(folder);
      const by = fresh.models.Model.load(name);
      const options = { strict: false, level: false, controls: CONTROLS };
      const [, cost] = timed(() => fresh.enhance.enhance(by, file, options));
      const [share, memory] = [(cost / seconds).toFixed(3), (fresh.memory() / 1e6).toFixed(0)];
      console.log(`  ${seconds} s: ${share} s for a second of audio, ${memory} MB`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
