/** The npm package `enhancer-wasm`, without a bundler. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { prepare, RAW } from './package/in_page.ts';
import { NEAR, native, noisy, noisyWav } from './package/noisy.ts';
import { readRaw, readWav, snr } from './support/audio.ts';
import { enhanceNatively, inFolder, measuredNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import { ROOT } from './support/paths.ts';
import { serveFiles } from './support/static_server.ts';

const MODEL = '/models/compiled/deepfilternet3';
const LIGHT = '/models/compiled/gtcrn';
/** Its files are `.tflite` files. */
const TFLITE = '/models/dtln';

async function open(page: Page, repository: string): Promise<void> {
  await page.goto(`${repository}/tests/browser/package/blank.html`);
  await prepare(page, repository);
}

/** The noisy sample as the page's package enhances it. */
async function enhanced(page: Page, model: string): Promise<Float32Array> {
  const result = await page.evaluate(
    async ({ model, raw }) => {
      const enhancer = await window.enhancer.Enhancer.load(model);
      return window.base64(await enhancer.enhanceFile(window.noisy, { raw }));
    },
    { model, raw: RAW },
  );
  return readRaw(Buffer.from(result, 'base64'));
}

test('a plain script gives what the command line gives', async ({ page, repository }) => {
  await open(page, repository);
  expect(snr(native(), await enhanced(page, MODEL))).toBeGreaterThan(NEAR);
});

test('a take is rendered as the command line would, without another run', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const result = await page.evaluate(
    async ({ model, raw }) => {
      const enhancer = await window.enhancer.Enhancer.load(model);
      const seen: number[] = [];
      const onProgress = ({ enhanced }: { enhanced: number }) => seen.push(enhanced);
      const take = await enhancer.take(window.noisy, { raw }, { onProgress });
      const { summary, peaks } = take;
      const { original, enhanced } = await take.read(48_000, 480);
      const controls = { attenuationLimit: 12, mix: 0.8 };
      const limited = await take.render({ ...controls, destination: { container: 'wav' } });
      const removed = await take.render({ output: 'removed' });
      await take.discard();
      const gone = await take.read(0, 1).catch((error) => error.code);
      // Results must outlive their take.
      const results = {
        limited: await window.base64(limited),
        removed: await window.base64(removed),
      };
      await take.discardResult(removed);
      const isDiscarded = await removed.arrayBuffer().then(
        () => false,
        () => true,
      );
      const isKept = (await limited.arrayBuffer()).byteLength === limited.size;
      return {
        summary,
        seen,
        peaks: [...peaks.original.slice(100, 101), ...peaks.enhanced.slice(100, 101)],
        blocks: peaks.original.length,
        perSecond: peaks.perSecond,
        read: {
          original: original.map((plane) => [...plane]),
          enhanced: enhanced.map((plane) => [...plane]),
        },
        ...results,
        type: limited.type,
        gone,
        isDiscarded,
        isKept,
      };
    },
    { model: MODEL, raw: RAW },
  );
  const source = readRaw(noisy());
  expect(result.summary).toMatchObject({ samples: source.length, channels: 1, sampleRate: 48_000 });
  expect(result.seen.at(-1)).toBe(source.length);
  expect(result.seen.length).toBeGreaterThan(2);

  const [original] = result.read.original;
  const [clean] = result.read.enhanced;
  expect(original).toEqual([...source.slice(48_000, 48_480)]);
  expect(snr(native().slice(48_000, 48_480), Float32Array.from(clean ?? []))).toBeGreaterThan(NEAR);
  const peak = (samples: number[] | undefined) => Math.max(...(samples ?? []).map(Math.abs));
  expect(result.perSecond).toBe(100);
  expect(result.blocks).toBe(Math.ceil(source.length / 480));
  expect(result.peaks).toEqual([peak(original), peak(clean)]);

  expect(result.type).toBe('audio/wav');
  const limited = readWav(Buffer.from(result.limited, 'base64'));
  const options = ['--attenuation-limit', '12', '--mix', '0.8'];
  expect(snr(native(...options), limited.samples)).toBeGreaterThan(NEAR);
  const removed = readRaw(Buffer.from(result.removed, 'base64'));
  expect(snr(native('--output', 'removed'), removed)).toBeGreaterThan(NEAR);
  expect(result.gone).toBe('read');
  expect([result.isDiscarded, result.isKept]).toEqual([true, true]);
});

test('a rater measures what the command line measures', async ({ page, repository }) => {
  await open(page, repository);
  const { measured, compared, gone } = await page.evaluate(
    async ({ model, raw }) => {
      const { Enhancer, Rater } = window.enhancer;
      const rater = await Rater.load('/models/compiled/dnsmos');
      const enhancer = await Enhancer.load(model);
      const take = await enhancer.take(window.noisy, { raw });
      const compared = await rater.compare(take, { windows: 2 });
      const measured = await rater.measure(window.noisy, { raw, windows: 2 });
      await take.discard();
      const gone = await rater.compare(take).catch((error) => error.code);
      rater.close();
      return { measured, compared, gone };
    },
    { model: MODEL, raw: RAW },
  );
  const [before, after] = inFolder((folder) => {
    const [noisy, clean] = [join(folder, 'noisy.wav'), join(folder, 'clean.wav')];
    writeFileSync(noisy, noisyWav());
    writeFileSync(clean, enhanceNatively(noisy, 'wav', '--destination-format', 'f32le'));
    return [measuredNatively(noisy, 2), measuredNatively(clean, 2)] as const;
  });
  expect(compared.before).toEqual(measured);
  for (const [found, native] of [
    [measured, before],
    [compared.after, after],
  ] as const) {
    for (const name of ['signal', 'background', 'overall'] as const) {
      expect(Math.abs((found.scores?.[name] ?? 0) - (native[name] ?? NaN))).toBeLessThan(0.01);
    }
    expect(found.loudness).toBeCloseTo(native['loudness'] ?? NaN, 2);
    expect(found.truePeak).toBeCloseTo(native['true_peak'] ?? NaN, 2);
    expect(found.speechShare).toBeCloseTo(native['speech_share'] ?? NaN, 2);
  }
  expect(compared.findings).toEqual([]);
  expect(gone).toBe('read');
});

test('failures have the codes of the core', async ({ page, repository }) => {
  await open(page, repository);
  const codes = await page.evaluate(async (model) => {
    const { Enhancer } = window.enhancer;
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'none',
        (error) => `${error.name} ${error.code}`,
      );
    const enhancer = await Enhancer.load(model);
    const loud = { loudness: 3 };
    const closed = await Enhancer.load(model);
    closed.close();
    // A new enhancer is not mistaken for the closed one.
    await Enhancer.load(model);
    const quiet = new AbortController();
    const raw = { sampleFormat: 'f32le', sampleRate: 48_000, channels: 1 } as const;
    const stopped = code(
      enhancer.enhanceFile(
        window.noisy,
        { raw },
        { onProgress: () => quiet.abort(), signal: quiet.signal },
      ),
    );
    const thrower = enhancer.enhanceFile(
      window.noisy,
      { raw },
      {
        onProgress: () => {
          throw new TypeError('no more');
        },
      },
    );
    return {
      text: await code(enhancer.enhanceFile(new Blob(['words are not sound']))),
      loud: await code(enhancer.enhanceFile(window.noisy, { raw, ...loud })),
      nowhere: await code(Enhancer.load('/models/none')),
      closed: await code(closed.enhanceFile(window.noisy)),
      aborted: await code(enhancer.take(window.noisy, {}, { signal: AbortSignal.abort() })),
      stopped: await stopped,
      thrower: await thrower.catch((error) => error.message),
    };
  }, MODEL);
  expect(codes).toEqual({
    text: 'EnhancerError unsupported_audio',
    loud: 'EnhancerError invalid_value',
    nowhere: 'EnhancerError read',
    closed: 'EnhancerError invalid_value',
    aborted: 'EnhancerError cancelled',
    stopped: 'EnhancerError cancelled',
    thrower: 'no more',
  });
});

test('when the worker ends, calls fail and the model can be loaded again', async ({
  page,
  repository,
}) => {
  await open(page, repository);
  const running = page.evaluate(
    async ({ model, raw }) => {
      const { Enhancer } = window.enhancer;
      const code = (promise: Promise<unknown>) =>
        promise.then(
          () => 'none',
          (error) => error.code,
        );
      const enhancer = await Enhancer.load(model);
      document.title = 'loaded';
      // Enhances until a call sees the worker end.
      let during = 'none';
      while (during === 'none') during = await code(enhancer.enhanceFile(window.noisy, { raw }));
      const after = await code(enhancer.enhanceFile(window.noisy, { raw }));
      const anew = await Enhancer.load(model);
      return { during, after, anew: await code(anew.enhanceFile(window.noisy, { raw })) };
    },
    { model: LIGHT, raw: RAW },
  );
  await expect(page).toHaveTitle('loaded');
  const worker = page.workers().find((worker) => worker.url().endsWith('/worker.js'));
  await worker?.evaluate(() => {
    setTimeout(() => {
      throw new Error('it broke');
    });
  });
  expect(await running).toEqual({ during: 'workers', after: 'workers', anew: 'none' });
});

test('several models and files share the pool', async ({ page, repository }) => {
  await open(page, repository);
  const results = await page.evaluate(
    async ({ models, raw }) => {
      const { Enhancer } = window.enhancer;
      const enhancers = await Promise.all(models.map((model) => Enhancer.load(model)));
      const blobs = await Promise.all(
        enhancers.map((enhancer) => enhancer.enhanceFile(window.noisy, { raw })),
      );
      return Promise.all(blobs.map(window.base64));
    },
    { models: [MODEL, LIGHT], raw: RAW },
  );
  const [deepfilternet3, gtcrn] = results.map((result) => readRaw(Buffer.from(result, 'base64')));
  expect(snr(native(), deepfilternet3 ?? new Float32Array())).toBeGreaterThan(NEAR);
  expect(snr(native('--model', 'gtcrn'), gtcrn ?? new Float32Array())).toBeGreaterThan(NEAR);
});

test('files that a dead page left are removed, those of a living page are not', async ({
  context,
  repository,
}) => {
  const takeOn = async () => {
    const page = await context.newPage();
    await open(page, repository);
    await page.evaluate(
      async ({ model, raw }) => {
        const enhancer = await window.enhancer.Enhancer.load(model);
        Object.assign(window, { take: await enhancer.take(window.noisy, { raw }) });
      },
      { model: LIGHT, raw: RAW },
    );
    return page;
  };
  const folders = (page: Page) =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const all = await root.getDirectoryHandle('enhancer-wasm');
      let count = 0;
      for await (const _ of all.keys()) count++;
      return count;
    });
  const living = await takeOn();
  const dead = await takeOn();
  expect(await folders(living)).toBe(2);
  await dead.close();
  const later = await takeOn();
  await expect.poll(() => folders(later)).toBe(2);
  const readable = await living.evaluate(async () => {
    const { take } = window as unknown as {
      take: { read(from: number, count: number): Promise<unknown> };
    };
    await take.read(0, 10);
    return true;
  });
  expect(readable).toBe(true);
});

for (const threads of [true, false]) {
  const where = threads ? 'on an isolated page' : 'on a page without any special header';
  test(`the example enhances a file ${where}`, async ({ page, repository, bare }) => {
    await page.goto(`${threads ? repository : bare}/crates/enhancer-wasm/examples/`);
    await expect(page.getByRole('status')).toHaveText('deepfilternet3 is ready.');
    await page
      .getByLabel('A recording')
      .setInputFiles({ name: 'noisy.wav', mimeType: 'audio/wav', buffer: noisyWav() });
    await expect(page.getByRole('status')).toHaveText('Done.');
    const saved = page.waitForEvent('download');
    await page.getByText('Save').click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('noisy.enhanced.wav');
    const result = readWav(readFileSync(await download.path()));
    expect(snr(native(), result.samples)).toBeGreaterThan(NEAR);
  });
}

test('without isolation it has one thread, says why, and gives the same bytes', async ({
  page,
  repository,
  bare,
}) => {
  const results: string[] = [];
  for (const [url, threads] of [
    [repository, 2],
    [bare, 1],
  ] as const) {
    await page.goto(`${url}/crates/enhancer-wasm/examples/`);
    const found = await page.evaluate(async (threads) => {
      const script = new URL('../dist/index.js', location.href).href;
      const { Enhancer, threadsObstacle } = await import(script);
      const model = new URL('../../../models/compiled/deepfilternet3', location.href);
      const enhancer = await Enhancer.load(model, { threads });
      const raw = { sampleFormat: 'f32le', sampleRate: 48_000, channels: 1 };
      const source = await (await fetch('/audio_samples/audio_file_48k.raw')).arrayBuffer();
      const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
        String(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
      const array = await enhancer.enhanceFile(new Uint8Array(source), { raw });
      const stream = await enhancer.enhanceFile(new Blob([source]).stream(), { raw });
      const streamed = await new Response(stream).arrayBuffer();
      return {
        threads: enhancer.threads,
        reason: threadsObstacle()?.code,
        length: array.length,
        result: await digest(array),
        streamed: await digest(new Uint8Array(streamed)),
      };
    }, threads);
    expect(found.threads).toBe(threads);
    expect(found.reason).toBe(threads > 1 ? undefined : 'not_isolated');
    expect(found.length).toBe(2_976_000);
    expect(found.streamed).toBe(found.result);
    results.push(found.result);
  }
  expect(results[1]).toBe(results[0]);
});

for (const isIsolated of [true, false]) {
  const where = isIsolated ? 'on an isolated page' : 'on a page without any special header';
  test(`a model with .tflite files runs on one thread ${where}`, async ({
    page,
    repository,
    bare,
  }) => {
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).pathname));
    await open(page, isIsolated ? repository : bare);
    const { threads, result } = await page.evaluate(
      async ({ model, other, raw }) => {
        const { Enhancer } = window.enhancer;
        const enhancer = await Enhancer.load(model, { threads: 2 });
        const compiled = await Enhancer.load(other);
        const take = await enhancer.take(window.noisy, { raw });
        const result = await window.base64(await take.render());
        return { threads: [enhancer.threads, compiled.threads], result };
      },
      { model: TFLITE, other: LIGHT, raw: RAW },
    );
    expect(threads).toEqual([1, isIsolated ? 2 : 1]);
    const expected = native('--model', join(ROOT, TFLITE));
    expect(snr(expected, readRaw(Buffer.from(result, 'base64')))).toBeGreaterThan(NEAR);
    const modules = [...asked]
      .filter((path) => path.endsWith('.wasm'))
      .map((path) => basename(path));
    const first = isIsolated ? 'enhancer_wasm_bg.wasm' : 'enhancer_wasm_single_bg.wasm';
    expect(modules).toEqual([first, 'enhancer_wasm_tflite_bg.wasm']);
  });
}

test('a host without headers is isolated by the example of a service worker', async ({
  page,
}, info) => {
  const folder = info.outputPath('host');
  mkdirSync(folder, { recursive: true });
  const examples = join(ROOT, 'crates/enhancer-wasm/examples');
  copyFileSync(join(examples, 'isolate.js'), join(folder, 'isolate.js'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script src="isolate.js"></script>');
  const server = await serveFiles(folder);
  await page.goto(`${server.url}/`);
  await page.waitForFunction(() => crossOriginIsolated);
  await server.close();
});
