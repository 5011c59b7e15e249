// The component in Node.js: the results of the command line, and errors with the same codes.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, enhanceNatively, record, run, samples, snr } from '../support/recording.mjs';
import { COMPONENT, CRATE, start, transpile } from './component.mjs';

/** In dB. The instructions of a processor and of WebAssembly round differently. */
const NEAR = 80;

let folder;
let component;
let source;
const path = (name) => join(folder, name);
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enhancer-edge-'));
  [source] = await Promise.all([record(folder), transpile(path('js'))]);
  component = await start(path('js'));
});
after(() => rm(folder, { recursive: true }));

const model = (name = 'deepfilternet3') => component.models.Model.load(name);
const controls = (given = {}) => ({ postFilter: false, exact: false, ...given });
const options = (given = {}) => ({ strict: false, controls: controls(), ...given });
const enhance = (file, given, by = model()) => component.enhance.enhance(by, file, options(given));

/** What the component throws: { code, message }. */
function failure(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

async function assertNear(file, native) {
  const [result, expected] = await Promise.all([samples(file), samples(native)]);
  assert.equal(result.length, expected.length);
  assert.ok(snr(expected, result) > NEAR, `${snr(expected, result)} dB`);
}

test('the models are those of the command line', async () => {
  const { stdout } = await run(ROOT, join(ROOT, 'target/debug/enhancer'), 'models', '--json');
  const native = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const builtIn = component.models.builtIn();
  assert.equal(builtIn.length, native.length);
  builtIn.forEach((found, at) => {
    const { name, sample_rate: sampleRate, licence, bytes } = native[at];
    assert.equal(found.name, name);
    assert.equal(found.sampleRate ?? null, sampleRate ?? null);
    assert.equal(found.licence, licence);
    assert.equal(Number(found.bytes), bytes);
    assert.ok(found.purpose.length > 0);
    assert.equal(model(name).sampleRate(), found.sampleRate);
  });
  assert.equal(model().name(), 'deepfilternet3');
});

test('each option gives the same as on the command line', async () => {
  const file = await readFile(source);
  const cases = [
    [{}, []],
    [{ controls: controls({ attenuationLimit: 12 }) }, ['-a', '12']],
    [{ controls: controls({ mix: 0.5 }) }, ['--mix', '0.5']],
    [{ controls: controls({ inputGain: { tag: 'decibels', val: 6 } }) }, ['--input-gain', '6']],
    // Set because the default of an exact run is 0 dB.
    [
      { controls: controls({ inputGain: { tag: 'auto' }, exact: true }) },
      ['--input-gain', 'auto', '--exact'],
    ],
    [{ track: 1 }, ['--track', '1']],
    [{ controls: controls({ output: 'removed' }) }, ['--output', 'removed']],
    [{ controls: controls({ postFilter: true }) }, ['--post-filter']],
    [{ controls: controls({ exact: true }) }, ['--exact']],
    [{ level: true }, ['--level']],
    [{ loudness: -16 }, ['--loudness', '-16']],
  ];
  for (const [given, flags] of cases) {
    const result = enhance(file, given);
    assert.equal(result.mediaType, 'audio/wav');
    assert.deepEqual([result.samples, result.channels, result.sampleRate], [480_000n, 1, 48_000]);
    await writeFile(path('result.wav'), result.file);
    const native = await enhanceNatively(source, path('native.wav'), '-y', ...flags);
    await assertNear(path('result.wav'), native);
    if (given.loudness) assert.ok(Math.abs(result.loudness - given.loudness) < 0.1);
  }
});

test('each lossless container is the same as from the command line, byte for byte', async () => {
  const file = await readFile(source);
  const by = model('passthrough');
  const cases = [
    [{ container: 'wav', sampleFormat: 's16le' }, 'wav', ['--destination-format', 's16le']],
    [{ container: 'wav', sampleFormat: 's24le' }, 'wav', ['--destination-format', 's24le']],
    [{ container: 'wav', sampleFormat: 's32le' }, 'wav', ['--destination-format', 's32le']],
    [{ container: 'flac' }, 'flac', []],
    [{ container: 'raw', sampleFormat: 'f32le' }, 'raw', ['--destination-format', 'f32le']],
  ];
  for (const [given, extension, flags] of cases) {
    const result = enhance(file, given, by);
    assert.equal(result.extension, extension);
    const native = path(`native.${extension}`);
    await enhanceNatively(source, native, '-y', '--model', 'passthrough', ...flags);
    assert.deepEqual(Buffer.from(result.file), await readFile(native), extension);
  }
});

test('Opus, MP3 and M4A are as near to the source as from the command line', async () => {
  // Their encoders compute with floats, so the bytes differ.
  const file = await readFile(source);
  const passThrough = ['-y', '--model', 'passthrough'];
  const distance = async (name) => {
    const decoded = await enhanceNatively(path(name), path(`${name}.wav`), ...passThrough);
    const wanted = await samples(source);
    // Readers of M4A also return the rest of the last frame.
    return snr(wanted, (await samples(decoded)).subarray(0, wanted.length));
  };
  for (const [container, bitrate] of [
    ['opus', 64],
    ['mp3', 128],
    ['m4a', 128],
  ]) {
    const result = enhance(file, { container, bitrate }, model('passthrough'));
    await writeFile(path(`result.${container}`), result.file);
    const native = path(`native.${container}`);
    await enhanceNatively(source, native, ...passThrough, '--bitrate', `${bitrate}`);
    const found = await distance(`result.${container}`);
    const expected = await distance(`native.${container}`);
    assert.ok(Math.abs(found - expected) < 0.1, `${found} dB, ${expected} dB natively`);
  }
});

test('errors have the same codes as elsewhere', async () => {
  const file = await readFile(source);
  const text = new TextEncoder().encode('no recording');
  const { Model } = component.models;
  const raw = { sampleFormat: 'f32le', sampleRate: 48_000, channels: 65 };
  const refused = [
    ['unknown_model', () => model('nobody')],
    ['corrupt_model', () => Model.fromTflite(text)],
    ['invalid_description', () => Model.filesOf(text)],
    ['invalid_description', () => Model.fromFolder(text, [])],
    ['unsupported_audio', () => enhance(text)],
    ['corrupt_audio', () => enhance(file.subarray(0, 100_001), { strict: true })],
    ['invalid_value', () => enhance(file, { controls: controls({ mix: 2 }) })],
    ['invalid_value', () => enhance(file, { loudness: 0 })],
    ['unwritable_audio', () => enhance(file, { bitrate: 64 })],
    ['limit_exceeded', () => enhance(file, { raw })],
  ];
  for (const [code, call] of refused) assert.equal(failure(call).code, code);
  const { message } = failure(() => model('nobody'));
  assert.match(message, /deepfilternet3/);
  // The instance still works after these errors.
  assert.equal(enhance(file.subarray(0, 100_001)).warnings[0].code, 'damaged');
});

test('a model comes as bytes, too', async () => {
  const { Model } = component.models;
  const [description, ...files] = await Promise.all(
    ['model.json', 'deepfilternet3.tflite'].map((name) =>
      readFile(join(ROOT, 'models/deepfilternet3', name)),
    ),
  );
  assert.deepEqual(Model.filesOf(description), ['deepfilternet3.tflite']);
  const file = await readFile(source);
  const given = enhance(file, {}, Model.fromFolder(description, files));
  assert.deepEqual(given.file, enhance(file).file);
  const bare = Model.fromTflite(await readFile(join(ROOT, 'models/passthrough_model_lite.tflite')));
  assert.equal(bare.sampleRate(), undefined);
});

test('a stream in pieces of any size is the exact result', async () => {
  const raw = await readFile(join(ROOT, 'audio_samples/audio_file_48k.raw'));
  const input = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + 4 * 96_002));
  const format = { sampleFormat: 'f32le', sampleRate: 48_000, channels: 2 };
  const exact = enhance(new Uint8Array(input.buffer), {
    raw: format,
    controls: controls({ exact: true }),
  });
  const { buffer, byteOffset } = Uint8Array.from(exact.file);
  const expected = new Float32Array(buffer, byteOffset);
  for (const piece of [2, 74, 960, 100_000]) {
    const session = component.streaming.Session.open(model(), 48_000, 2, controls({ exact: true }));
    const parts = [];
    let [given, taken] = [0, 0];
    for (let from = 0; from < input.length; from += piece) {
      const part = session.push(input.subarray(from, from + piece));
      parts.push(part);
      [given, taken] = [given + part.length, Math.min(from + piece, input.length)];
      assert.ok((taken - given) / 2 <= session.latency());
    }
    parts.push(session.finish());
    assert.deepEqual(
      parts.flatMap((part) => [...part]),
      [...expected],
      `pieces of ${piece}`,
    );
    assert.equal(failure(() => session.push(new Float32Array(2))).code, 'session_finished');
  }
  const session = component.streaming.Session.open(model(), 48_000, 2, controls());
  assert.equal(failure(() => session.push(new Float32Array(3))).code, 'invalid_value');
  const open = (rate) => () => component.streaming.Session.open(model(), rate, 1, controls());
  assert.match(failure(open(44_100)).message, /48000 Hz/);
});

test('ten minutes take less than 128 MB', async () => {
  const raw = await readFile(join(ROOT, 'audio_samples/audio_file_48k.raw'));
  const long = path('long.raw');
  await writeFile(long, Buffer.concat(Array(Math.ceil((600 * 192_000) / raw.length)).fill(raw)));
  const flac = path('long.flac');
  const format = ['--destination-format', 's16le'];
  await enhanceNatively(long, flac, '--model', 'passthrough', ...format);
  const fresh = await start(path('js'));
  const light = fresh.models.Model.load('deepfilternet3');
  const result = fresh.enhance.enhance(light, await readFile(flac), options());
  assert.ok(result.samples >= 600n * 48_000n);
  assert.equal(result.mediaType, 'audio/flac');
  assert.ok(fresh.memory() < 128e6, `${fresh.memory() / 1e6} MB`);
});

test('the example hosts give the same as the command line', async () => {
  const native = await enhanceNatively(source, path('native.wav'), '-y');
  const example = (name) => join(CRATE, 'examples', name);
  await run(ROOT, process.execPath, example('host.mjs'), path('js'), source, path('node.wav'));
  await assertNear(path('node.wav'), native);
  const python = join(ROOT, '.tools/venv/bin/python');
  await run(ROOT, python, example('host.py'), COMPONENT, source, path('wasmtime.wav'));
  await assertNear(path('wasmtime.wav'), native);
});
