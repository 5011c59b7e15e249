// The package in Node.js, Deno, Bun and workerd: the same results, and the same errors.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RUNTIMES, runIn } from './programs.mjs';
import {
  enhanceNatively,
  measureNatively,
  record,
  ROOT,
  samples,
  snr,
} from '../support/recording.mjs';
import { serveWorker } from './worker.mjs';

/** In dB. The instructions of a processor and of WebAssembly round differently. */
const NEAR = 80;

let folder;
let source;
let native;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enhancer-runtimes-'));
  source = await record(folder);
  native = await samples(await enhanceNatively(source, join(folder, 'native.wav')));
});
after(() => rm(folder, { recursive: true }));

async function assertNear(file, expected = native) {
  const result = await samples(file);
  assert.equal(result.length, expected.length);
  assert.ok(snr(expected, result) > NEAR, `${snr(expected, result)} dB`);
}

/** In MOS. */
const NEAR_RATING = 0.01;

for (const runtime of Object.keys(RUNTIMES)) {
  describe(runtime, { concurrency: false }, () => {
    test('gives the same as the command line', async () => {
      const result = join(folder, `${runtime}.wav`);
      await runIn(runtime, 'enhance.mjs', source, result);
      await assertNear(result);
    });

    test('takes all forms of a source, and keeps its promises', async () => {
      await runIn(runtime, 'promises.mjs', source);
    });

    test('a model with .tflite files gives the same as on the command line', async () => {
      const files = ['native', runtime].map((name) => join(folder, `dtln.${name}.wav`));
      await enhanceNatively(source, files[0], '-y', '--model', join(ROOT, 'models/dtln'));
      await runIn(runtime, 'enhance.mjs', source, files[1], 'bytes', 'dtln');
      await assertNear(files[1], await samples(files[0]));
    });
  });
}

// Without threads. The tests in browsers compare a run with threads.
describe('the other networks', () => {
  test('gtcrn gives the same as the command line', async () => {
    const files = ['gtcrn.native.wav', 'gtcrn.wav'].map((name) => join(folder, name));
    await enhanceNatively(source, files[0], '--model', 'gtcrn');
    await runIn('node', 'enhance.mjs', source, files[1], 'bytes', 'compiled/gtcrn');
    await assertNear(files[1], await samples(files[0]));
  });

  test('dnsmos gives the same ratings as the command line', async () => {
    const expected = await measureNatively(source);
    const { scores, windows } = JSON.parse((await runIn('node', 'measure.mjs', source)).stdout);
    assert.equal(windows, expected.windows);
    for (const name of ['signal', 'background', 'overall']) {
      const apart = Math.abs(scores[name] - expected[name]);
      assert.ok(apart <= NEAR_RATING, `${name}: ${apart} apart`);
    }
  });
});

describe('workerd', () => {
  let server;
  before(async () => {
    server = await serveWorker(join(folder, 'worker'));
  });
  after(() => server?.stop());
  const post = (body) => fetch(`${server.url}/enhance`, { method: 'POST', body });

  test('the example gives the same as the command line', async () => {
    const response = await post(await readFile(source));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'audio/wav');
    const result = join(folder, 'workerd.wav');
    await writeFile(result, new Uint8Array(await response.arrayBuffer()));
    await assertNear(result);
  });

  test('a text is refused with a code', async () => {
    const response = await post('no recording');
    assert.equal(response.status, 422);
    assert.equal((await response.json()).code, 'unsupported_audio');
  });

  test('other paths and methods are refused', async () => {
    assert.equal((await fetch(`${server.url}/`)).status, 404);
    assert.equal((await fetch(`${server.url}/enhance`)).status, 405);
  });
});
