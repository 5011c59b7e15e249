// Models with `.tflite` files: the module that reads them is started when it is needed. The tests are in
// one order, because all loads of a process share the modules.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Enhancer, Rater } from 'enhancer-wasm';
import { HERE } from './programs.mjs';
import { ROOT } from '../support/recording.mjs';
import { serveWorker } from './worker.mjs';

const MODULE = 'enhancer_wasm_tflite_bg.wasm';
const MODEL = join(ROOT, 'models/dtln');

let folder;
let tfliteWasm;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enhancer-tflite-'));
  tfliteWasm = join(folder, MODULE);
});
after(() => rm(folder, { recursive: true }));

/** Checks that such a model was refused, with what to do. */
function assertAdvised({ code, message }, reason) {
  assert.equal(code, 'unsupported_model');
  const parts = ['found dtln_1.tflite, a .tflite file', 'model-exporter compile', reason];
  for (const part of [...parts, `${MODULE} of the package`, 'LoadOptions.tfliteWasm']) {
    assert.ok(message.includes(part), `${part} is not in: ${message}`);
  }
}

/** The files of the model by name. */
async function contents() {
  const names = ['model.json', 'dtln_1.tflite', 'dtln_2.tflite'];
  const files = names.map(async (name) => [name, await readFile(join(MODEL, name))]);
  return Object.fromEntries(await Promise.all(files));
}

describe('in Node.js', { concurrency: false }, () => {
  test('without the module such a model is refused, with what to do', async () => {
    const error = await Enhancer.load(MODEL, { tfliteWasm }).catch((error) => error);
    assertAdvised(error, 'ENOENT');
    const compiled = await Enhancer.load(join(ROOT, 'models/compiled/gtcrn'));
    assert.equal(compiled.name, 'gtcrn');
  });

  test('a later load starts the module', async () => {
    await copyFile(join(ROOT, 'crates/enhancer-wasm/dist', MODULE), tfliteWasm);
    const models = await Promise.all([Enhancer.load(MODEL), Enhancer.load(await contents())]);
    for (const { name, threads } of models) assert.deepEqual([name, threads], ['dtln', 1]);
  });

  test('another module is refused', async () => {
    const other = { tfliteWasm: 'nowhere.wasm' };
    await assert.rejects(Enhancer.load(MODEL, other), { code: 'invalid_value' });
  });

  test('errors are those of that module', async () => {
    const files = await contents();
    files['dtln_2.tflite'][1000] ^= 1;
    await assert.rejects(Enhancer.load(files), { code: 'model_file_differs' });
    const message = /dtln, a model that enhances/;
    await assert.rejects(Rater.load(MODEL), { code: 'unsupported_model', message });
  });
});

describe('in workerd', { concurrency: false }, () => {
  const modules = ['enhancer_wasm_single_bg.wasm', MODULE];
  const worker = { entry: join(HERE, 'tflite_worker.mjs'), assets: 'models', modules };

  async function answer(path) {
    const server = await serveWorker(join(folder, 'worker'), worker);
    try {
      return await (await fetch(`${server.url}${path}`)).json();
    } finally {
      await server.stop();
    }
  }

  test('without the module such a model is refused, with what to do', async () => {
    assertAdvised(await answer('/'), "not in the Worker's bundle");
  });

  test('with the module it is loaded', async () => {
    assert.deepEqual(await answer('/given'), { name: 'dtln', threads: 1 });
  });
});
