// Right options give the same results in Node.js as on the command line, and wrong options the same
// code. `tests/contract/README.md` explains the table.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Enhancer } from 'enhancer-wasm';
import { enhanceNatively, floats, recordFloats, ROOT, snr } from '../support/recording.mjs';

/** In dB. The instructions of a processor and of WebAssembly round differently. */
const NEAR = 80;

const { right, wrong } = JSON.parse(
  await readFile(join(ROOT, 'tests/contract/options.json'), 'utf8'),
);

const enhancers = new Map();
let folder;
let source;
let bytes;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enhancer-contract-'));
  source = await recordFloats(folder);
  bytes = new Uint8Array(await readFile(source));
  for (const name of ['deepfilternet3', 'gtcrn']) {
    enhancers.set(name, await Enhancer.load(join(ROOT, 'models/compiled', name)));
  }
});
after(() => rm(folder, { recursive: true }));

/** The package's result for a source. */
function enhanced({ options, model = 'deepfilternet3' }, source) {
  return enhancers.get(model).enhanceFile(source, placed(options));
}

const CONTROLS = ['inputGain', 'postFilter', 'exact', 'attenuationLimit', 'mix', 'output'];
const DESTINATION = ['container', 'sampleFormat'];

/** Puts the core's options where the package expects them. */
function placed(options) {
  const within = (names) =>
    Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
  const rest = Object.entries(options).filter(
    ([name]) => ![...CONTROLS, ...DESTINATION].includes(name),
  );
  return {
    ...Object.fromEntries(rest),
    controls: within(CONTROLS),
    destination: within(DESTINATION),
  };
}

/** The options with which the command line reads a result without a header. */
function reading({ options, destination = 'out.wav' }) {
  if (!destination.endsWith('.raw')) return [];
  const { sampleFormat, sampleRate, channels } = options.raw ?? {
    sampleFormat: 'f32le',
    sampleRate: 48_000,
    channels: 1,
  };
  const values = { format: sampleFormat, 'sample-rate': sampleRate, channels };
  return Object.entries(values).flatMap(([name, value]) => [`--source-${name}`, String(value)]);
}

/** The samples of a file of any format, decoded with the model that returns its input. */
async function samplesOf(file, ...flags) {
  const model = ['--model', 'passthrough'];
  const format = ['--destination-format', 'f32le', ...flags];
  return floats(await enhanceNatively(file, `${file}.f32.wav`, ...model, ...format));
}

let plain;
right.forEach((option, number) => {
  test(`right: ${JSON.stringify(option.options)}`, async () => {
    const made = await enhanced(option, bytes);
    plain ??= made;
    const isSame = number === 0 || option.same === true;
    assert.equal(Buffer.compare(made, plain) === 0, isSame);
    if (!option.flags) return;
    const { destination = 'out.wav', flags } = option;
    const files = ['by-node', 'by-command'].map((by) =>
      join(folder, `${number}-${by}-${destination}`),
    );
    await writeFile(files[0], made);
    await enhanceNatively(source, files[1], ...flags);
    const [result, expected] = await Promise.all(
      files.map((file) => samplesOf(file, ...reading(option))),
    );
    assert.equal(result.length, expected.length);
    const near = snr(expected, result);
    assert.ok(near > NEAR, `${near} dB`);
    // Also the header, so the format is the same too.
    const sizes = await Promise.all(files.map(async (file) => (await readFile(file)).length));
    if (!destination.endsWith('.flac')) assert.equal(sizes[0], sizes[1]);
  });
});

for (const option of wrong) {
  test(`wrong: ${JSON.stringify(option.options)}`, async () => {
    const given = option.cut ? bytes.subarray(0, 10_000) : bytes;
    await assert.rejects(enhanced(option, given), { name: 'EnhancerError', code: option.code });
  });
}
