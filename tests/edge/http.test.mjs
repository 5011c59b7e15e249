// The component of the world `http` gives the same answers as the server.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, record, samples, snr } from '../support/recording.mjs';
import { serveComponent, serveNatively } from './server.mjs';

/** In dB. The instructions of a processor and of WebAssembly round differently. */
const NEAR = 80;
/** The largest body that the component accepts, in bytes. */
const MOST = 10 << 20;

let folder;
let source;
let component;
let server;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enhancer-http-'));
  [source, component, server] = await Promise.all([
    record(folder),
    serveComponent(join(folder, 'js')),
    serveNatively(),
  ]);
});
after(async () => {
  await Promise.all([component?.stop(), server?.stop()]);
  await rm(folder, { recursive: true });
});

/** Sends the same request to both. */
const both = (path, request) =>
  Promise.all([component, server].map(({ url }) => fetch(url + path, request?.())));

const post = (body, headers) => () => ({ method: 'POST', body, ...(headers && { headers }) });

function form(parts) {
  return () => {
    const body = new FormData();
    for (const [name, value, fileName] of parts) {
      if (fileName) body.append(name, new Blob([value]), fileName);
      else body.append(name, value);
    }
    return { method: 'POST', body };
  };
}

async function assertNear(result, native) {
  const [found, expected] = [join(folder, 'found.wav'), join(folder, 'expected.wav')];
  await writeFile(found, new Uint8Array(await result.arrayBuffer()));
  await writeFile(expected, new Uint8Array(await native.arrayBuffer()));
  const [like, reference] = await Promise.all([samples(found), samples(expected)]);
  assert.equal(like.length, reference.length);
  assert.ok(snr(reference, like) > NEAR, `${snr(reference, like)} dB`);
}

/** The headers that describe a result, without the elapsed time. */
const described = ({ headers }) =>
  ['content-type', 'content-disposition', 'content-length']
    .concat(['enhancer-model', 'enhancer-duration-seconds', 'enhancer-warning'])
    .map((name) => [name, headers.get(name)]);

test('a recording is enhanced as by the server, with the same headers', async () => {
  const file = await readFile(source);
  const cut = file.subarray(0, 500_001);
  const cases = [
    ['/enhance', post(file)],
    ['/enhance?file_name=t%C3%A4lk.wav&attenuation_limit=12&mix=0.9', post(file)],
    [
      '/enhance',
      form([
        ['file', file, 'talk.wav'],
        ['model', 'gtcrn'],
        ['loudness', '-16'],
      ]),
    ],
    ['/enhance?output=removed&exact=true', post(cut)],
    ['/enhance?level=true&model=gtcrn', post(file)],
  ];
  for (const [path, request] of cases) {
    const [result, native] = await both(path, request);
    assert.equal(result.status, 200);
    assert.deepEqual(described(result), described(native));
    assert.ok(Number(result.headers.get('enhancer-elapsed-seconds')) > 0);
    await assertNear(result, native);
  }
});

test('a wrong request gets the same problem as from the server', async () => {
  const file = await readFile(source);
  const raw = 'raw_sample_format=s16le';
  const many = Array.from({ length: 33 }, (_, at) => `a${at}=1`).join('&');
  const boundary = { 'content-type': 'multipart/form-data; boundary=x' };
  const cases = [
    [415, '/enhance', post('no recording at all')],
    [422, '/enhance', post('')],
    [422, '/enhance?mix=2&input_gain=loud&track=0&nonsense=1', post(file)],
    [422, '/enhance?mix=0.5&mix=0.6', post(file)],
    [422, '/enhance?model=nobody', post(file)],
    [422, '/enhance?loudness=0', post(file)],
    [422, '/enhance?file_name=a&file_name=b', post(file)],
    [422, `/enhance?${many}`, post(file)],
    [422, `/enhance?${raw}&raw_channels=65`, post(file)],
    [422, '/enhance?format=wav&bitrate=64', post(file)],
    [422, '/enhance?strict=true', post(file.subarray(0, 100_001))],
    [422, '/enhance', form([['mix', '0.5']])],
    [422, '/enhance', form([['file', 'talk.wav']])],
    [422, '/enhance', form([['recording', file, 'talk.wav']])],
    [
      422,
      '/enhance',
      form([
        ['file', file, 'talk.wav'],
        ['mix', 'x'.repeat(5000)],
      ]),
    ],
    [
      400,
      '/enhance',
      form([
        ['file', file, 'a.wav'],
        ['file', file, 'b.wav'],
      ]),
    ],
    [400, '/enhance?mix=1', form([['file', file, 'talk.wav']])],
    [400, '/enhance', post(file, { 'content-type': 'multipart/form-data' })],
    [400, '/enhance', post('--x\r\n', boundary)],
  ];
  for (const [status, path, request] of cases) {
    const [found, native] = await both(path, request);
    const [problem, expected] = await Promise.all([found.json(), native.json()]);
    assert.equal(found.status, status, `${path}: ${JSON.stringify(problem)}`);
    assert.equal(found.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(problem, expected, path);
  }
});

test('other paths and methods are refused as by the server', async () => {
  for (const [status, path, method] of [
    [404, '/nowhere', 'GET'],
    [405, '/enhance', 'GET'],
    [405, '/models', 'DELETE'],
  ]) {
    const [found, native] = await both(path, () => ({ method }));
    assert.equal(found.status, status);
    assert.equal(found.headers.get('allow'), native.headers.get('allow'));
    const [{ detail, ...problem }, { detail: words, ...expected }] = await Promise.all([
      found.json(),
      native.json(),
    ]);
    assert.deepEqual(problem, expected);
    // The component has no page of documentation.
    assert.equal(detail, words.replace('/docs', '/openapi.json'));
  }
});

test('a body over the limit is refused, whether or not it says its length', async () => {
  const body = new Uint8Array(MOST + 1);
  const unsaid = () => ({ method: 'POST', body: new Blob([body]).stream(), duplex: 'half' });
  for (const request of [post(body), unsaid]) {
    const response = await fetch(`${component.url}/enhance`, request());
    assert.equal(response.status, 413);
    const { code, detail } = await response.json();
    assert.equal(code, 'body_too_large');
    assert.match(detail, /limit of 10 MiB/);
  }
  // A body at the limit is read.
  const most = await fetch(`${component.url}/enhance`, post(body.subarray(1))());
  assert.equal((await most.json()).code, 'unsupported_audio');
});

test('a score is refused, because only the server has it', async () => {
  const response = await fetch(`${component.url}/enhance?score=true`, post('audio')());
  assert.equal(response.status, 422);
  assert.deepEqual(
    (await response.json()).errors.map(({ field }) => field),
    ['score'],
  );
});

test('the models and the health route are the same as on the server', async () => {
  const [found, native] = await both('/models');
  assert.equal(found.headers.get('content-type'), 'application/json');
  assert.deepEqual(await found.json(), await native.json());
  const [alive, nativeAlive] = await both('/healthz');
  assert.equal(await alive.text(), await nativeAlive.text());
  assert.equal(alive.headers.get('content-type'), nativeAlive.headers.get('content-type'));
  const head = await fetch(`${component.url}/models`, { method: 'HEAD' });
  assert.equal(head.status, 200);
});

test('its document describes its routes in the words of the server’s document', async () => {
  const document = await (await fetch(`${component.url}/openapi.json`)).json();
  const native = JSON.parse(
    await readFile(join(ROOT, 'crates/enhancer-server/openapi.json'), 'utf8'),
  );
  assert.deepEqual(Object.keys(document.paths), ['/enhance', '/healthz', '/models']);
  const names = ({ parameters }) => parameters.map(({ name }) => name);
  assert.deepEqual(
    names(document.paths['/enhance'].post),
    names(native.paths['/enhance'].post).filter((name) => name !== 'score'),
  );
  const text = JSON.stringify(document);
  assert.doesNotMatch(text, /score|\bjobs?\b|max-body|disconnects|its log/i);
  assert.match(text, /larger than the limit of 10 MiB/);
  const references = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(references)].sort(), Object.keys(document.components.schemas));
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (!/Enhance/.test(name)) assert.deepEqual(schema, native.components.schemas[name]);
  }
});
