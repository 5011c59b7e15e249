/** Errors of the npm package when its files cannot be loaded: what failed, where, and what to do. */
import type { Page } from '@playwright/test';
import type { LoadOptions } from 'enhancer-wasm';
import { expect, test } from './support/fixtures.ts';
import { ISOLATION } from './support/static_server.ts';

const DIST = '/crates/enhancer-wasm/dist';
const MODEL = '/models/compiled/gtcrn';
/** Its files are `.tflite` files. */
const TFLITE = '/models/dtln';
const HTML = { contentType: 'text/html', body: '<!doctype html><title>start</title>' };
const POLICY = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

/** Opens an empty page with this policy. Every address below /html/ answers with the start page of an application. */
async function open(page: Page, repository: string, policy = POLICY): Promise<void> {
  const headers = { ...ISOLATION, 'content-security-policy': policy };
  await page.route('**/empty.html', (route) => route.fulfill({ ...HTML, headers }));
  await page.route('**/html/**', (route) => route.fulfill({ ...HTML, headers }));
  await page.goto(`${repository}/empty.html`);
}

/** The code and the message with which loading a model fails. */
function failure(page: Page, options: LoadOptions = {}, model = MODEL) {
  return page.evaluate(
    async ({ script, model, options }) => {
      const { Enhancer } = await import(script);
      const load = Enhancer.load(model, options) as Promise<unknown>;
      return load.then(
        () => ({ code: 'none', message: '' }),
        ({ code, message }) => ({ code, message }),
      );
    },
    { script: `${new URL(page.url()).origin}${DIST}/index.js`, model, options },
  );
}

test('a host that answers with its start page has no model, and a later load has', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const { code, message } = await failure(page, {}, '/html/gtcrn');
  expect(code).toBe('invalid_description');
  expect(message).toContain(`${repository}/html/gtcrn/model.json is HTML, not a model`);
  expect((await failure(page)).code).toBe('none');
});

for (const [name, wasm, reason] of [
  ['missing', '/none.wasm', 'the server responded with 404'],
  ['HTML', '/html/none.wasm', 'it is HTML'],
  ['another file', `${MODEL}/model.json`, 'it cannot be compiled'],
] as const) {
  test(`a module that is ${name} is named, and what to do`, async ({ page, repository }) => {
    await open(page, repository);
    const { code, message } = await failure(page, { wasm });
    expect(code).toBe('wasm');
    expect(message).toContain(`${repository}${wasm} could not be loaded: ${reason}`);
    expect(message).toContain('LoadOptions.wasm');
    // The page can try again with the right address.
    expect((await failure(page)).code).toBe('none');
  });
}

test('without the module for .tflite files such models are refused, with what to do', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const module = `**${DIST}/enhancer_wasm_tflite_bg.wasm`;
  await page.route(module, (route) => route.fulfill({ status: 404, headers: ISOLATION }));
  const { code, message } = await failure(page, {}, TFLITE);
  expect(code).toBe('unsupported_model');
  for (const part of [
    'found dtln_1.tflite, a .tflite file',
    'model-exporter compile',
    `${repository}${DIST}/enhancer_wasm_tflite_bg.wasm could not be loaded`,
    'the server responded with 404',
    'LoadOptions.tfliteWasm',
  ]) {
    expect(message).toContain(part);
  }
  // Others are loaded all the same, and this one as soon as the module is there.
  expect((await failure(page)).code).toBe('none');
  await page.unroute(module);
  expect((await failure(page, {}, TFLITE)).code).toBe('none');
  // Its files were kept, so that it is loaded without a network.
  await page.route(`**${TFLITE}/**`, (route) => route.abort());
  expect((await failure(page, {}, TFLITE)).code).toBe('none');
});

test('a worker that is missing is named', async ({ page, repository }) => {
  await open(page, repository);
  const { code, message } = await failure(page, { worker: 'none.js' });
  expect(code).toBe('workers');
  expect(message).toContain(`is there a JavaScript file at ${repository}/none.js?`);
  expect((await failure(page)).code).toBe('none');
});

/** Begins to load with a worker of this script, without waiting for the outcome. */
async function begin(page: Page, repository: string, script: string): Promise<void> {
  await page.clock.install();
  await page.route('**/other.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', headers: ISOLATION, body: script }),
  );
  await open(page, repository);
  await page.evaluate(
    async ({ script, model }) => {
      const { Enhancer } = await import(script);
      const load = Enhancer.load(model, { worker: 'other.js' }) as Promise<unknown>;
      window.outcome = load.then(
        () => 'loaded',
        ({ code, message }) => (window.settled = `${code}: ${message}`),
      );
    },
    { script: `${repository}${DIST}/index.js`, model: MODEL },
  );
}

test('a worker that never answers gives way to another, which is given up after a minute', async ({
  page,
  repository,
}) => {
  let workers = 0;
  page.on('worker', () => workers++);
  await begin(page, repository, 'onmessage = () => {};');
  // The clock jumps as after a sleep of the machine. This is not a reason to give up.
  await page.clock.fastForward(3_600_000);
  await page.clock.runFor(1_000);
  expect(workers).toBe(1);
  await page.clock.runFor(15_000);
  await expect.poll(() => workers).toBe(2);
  await page.clock.runFor(55_000);
  expect(await page.evaluate(() => window.settled)).toBeUndefined();
  await page.clock.runFor(10_000);
  expect(await page.evaluate(() => window.outcome)).toBe(
    "workers: the enhancer's worker has ended: it does not answer; load the model again",
  );
  expect(workers).toBe(2);
});

test('a worker that says that it lives may take its time', async ({ page, repository }) => {
  await begin(
    page,
    repository,
    `let pings = 0;
     onmessage = ({ data: { name } }) => {
       if (name !== 'ping') return;
       postMessage({ kind: 'alive' });
       if (++pings === 60) {
         const failure = { code: 'internal', message: 'after 60 pings' };
         postMessage({ id: 0, kind: 'failed', failure });
       }
     };`,
  );
  const settled = () => page.evaluate(() => window.settled);
  while ((await settled()) === undefined) await page.clock.runFor(5_000);
  expect(await settled()).toBe('internal: after 60 pings');
});

declare global {
  interface Window {
    outcome: Promise<string>;
    settled?: string;
  }
}

test('a worker of another origin is refused', async ({ page, repository }) => {
  await open(page, repository);
  const { code, message } = await failure(page, { worker: 'http://127.0.0.1:1/worker.js' });
  expect(code).toBe('workers');
  expect(message).toContain('http://127.0.0.1:1/worker.js');
});

test('a policy that forbids the worker is named, and what to add', async ({ page, repository }) => {
  await open(page, repository, POLICY.replace("worker-src 'self'", "worker-src 'none'"));
  const { code, message } = await failure(page);
  expect(code).toBe('csp');
  expect(message).toContain(`${repository}${DIST}/worker.js`);
  expect(message).toContain("add worker-src 'self'");
});

test('a policy that forbids WebAssembly is named, and what to add', async ({
  page,
  repository,
}) => {
  // A worker has the policy of its own response, not of the page.
  await page.route(`**${DIST}/worker.js`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-security-policy': "script-src 'self'" };
    await route.fulfill({ response, headers });
  });
  await open(page, repository);
  const { code, message } = await failure(page);
  expect(code).toBe('csp');
  expect(message).toContain(`${repository}${DIST}/enhancer_wasm_bg.wasm`);
  expect(message).toContain("add 'wasm-unsafe-eval' to script-src");
});

test('an argument that is not a model is refused, with what to pass instead', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const messages = await page.evaluate(async (script) => {
    const { Enhancer } = await import(script);
    const given = [undefined, null, 7, {}, { 'model.json': 7 }];
    const failure = (model: unknown) =>
      Enhancer.load(model).then(
        () => 'none',
        ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
      ) as Promise<string>;
    return Promise.all(given.map(failure));
  }, `${repository}${DIST}/index.js`);
  const reasons = [
    'it is undefined',
    'it is null',
    'it is 7',
    'it has no files',
    '“model.json” is',
  ];
  for (const [index, reason] of reasons.entries()) {
    expect(messages[index]).toMatch(/^invalid_value: Enhancer\.load needs a model, but/);
    expect(messages[index]).toContain(reason);
    expect(messages[index]).toContain("import model from 'enhancer-model-deepfilternet3'");
  }
});

test('a later load with other files is refused, one with the same or none is not', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const files = {
    worker: `${DIST}/worker.js`,
    wasm: `${repository}${DIST}/enhancer_wasm_bg.wasm`,
  };
  expect((await failure(page, files)).code).toBe('none');
  expect((await failure(page, files)).code).toBe('none');
  expect((await failure(page)).code).toBe('none');
  for (const [option, first] of Object.entries(files)) {
    const { code, message } = await failure(page, { ...files, [option]: '/none' });
    expect(code).toBe('invalid_value');
    expect(message).toContain(`LoadOptions.${option} is ${repository}/none`);
    expect(message).toContain(first);
  }
});

test('an option in the wrong place is refused, and the right one named', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const messages = await page.evaluate(
    async ({ script, model }) => {
      const { Enhancer } = await import(script);
      const enhancer = await Enhancer.load(model);
      const raw = { sampleFormat: 's16le', sampleRate: 16_000, channels: 1 };
      const file = new Blob([new Uint8Array(3200)]);
      const take = await enhancer.take(file, { raw });
      const failure = (promise: Promise<unknown>) =>
        promise.then(
          () => 'none',
          ({ code, message }) => `${code}: ${message}`,
        );
      return Promise.all([
        failure(enhancer.enhanceFile(file, { raw, mix: 2 })),
        failure(enhancer.enhanceFile(file, { raw, controls: { loudness: -16 } })),
        failure(enhancer.take(file, { raw, mix: 0.5 })),
        failure(enhancer.take(file, { raw, controls: { inputGain: 6 } })),
        failure(take.render({ inputGain: 6 })),
        failure(take.render({ controls: { mix: 0.5 } })),
        // Unknown options are checked where options are read.
        failure(enhancer.enhanceFile(file, { raw, mixx: 2 })),
        failure(enhancer.enhanceFile(file, { raw, mix: undefined, controls: { mix: 0.5 } })),
      ]);
    },
    { script: `${repository}${DIST}/index.js`, model: MODEL },
  );
  const invalid = 'invalid_value: invalid options';
  expect(messages).toEqual([
    `${invalid} of enhanceFile: the option \`mix\` goes into \`controls\``,
    `${invalid} of enhanceFile: the option \`loudness\` goes beside \`controls\`, not into it`,
    `${invalid} of take: the option \`mix\` is an option of \`render\``,
    `${invalid} of take: \`controls\` is for enhanceFile only: give \`inputGain\` without it`,
    `${invalid} of render: the option \`inputGain\` is an option of \`take\``,
    `${invalid} of render: \`controls\` is for enhanceFile only: give \`mix\` without it`,
    expect.stringContaining('mixx'),
    'none',
  ]);
});
