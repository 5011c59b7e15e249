import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { readWav, snr } from './support/audio.ts';
import { enhanceNatively } from './support/enhancer.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, save, untilDone, untilOffline } from './support/page.ts';
import { PAGE } from './support/paths.ts';
import { serveFiles } from './support/static_server.ts';

test('on a host without headers, one reload isolates the page', async ({ page, plain }) => {
  let loads = 0;
  page.on('load', () => loads++);
  await open(page, plain);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(loads).toBe(2);
});

test.describe('where nothing isolates the page', () => {
  test.use({ serviceWorkers: 'block' });

  test('it works on one thread and says why', async ({ page, plain }) => {
    let loads = 0;
    page.on('load', () => loads++);
    await open(page, plain);
    expect(loads).toBe(1);
    await expect(page.locator('.engine span[title]')).toHaveAttribute('title', /Cross-Origin/);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await expect(page.locator('.engine.ready')).toHaveText(
      'Full band is ready, with one thread (the host does not isolate this page)',
    );
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await untilDone(page, 'Café sample.wav');
    const { samples } = readWav((await save(page, 'Café sample.wav')).bytes);
    expect(snr(readWav(enhanceNatively(SAMPLE, 'wav')).samples, samples)).toBeGreaterThan(80);
  });
});

test('below a path of a plain host it gives what the command line gives', async ({
  page,
}, info) => {
  cpSync(PAGE, info.outputPath('host/some/where'), { recursive: true });
  const server = await serveFiles(info.outputPath('host'));
  await open(page, `${server.url}/some/where`);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await untilDone(page, 'Café sample.wav');
  const { samples } = readWav((await save(page, 'Café sample.wav')).bytes);
  expect(snr(readWav(enhanceNatively(SAMPLE, 'wav')).samples, samples)).toBeGreaterThan(80);
  await server.close();
});

test('after the first visit it works without a network, with either model', async ({ page }) => {
  const server = await serveFiles(PAGE);
  await open(page, server.url);
  await untilOffline(page);
  await server.close();
  await page.reload();
  await expect(page.locator('.engine.ready')).toBeVisible();
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await untilDone(page, 'Café sample.wav');
  await page.getByRole('radio', { name: 'Light' }).click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.locator('.engine.ready')).toHaveText('Light is ready');
  await untilDone(page, 'Café sample.wav');
});

test('a visit asks no other origin for anything, and enhancing asks for nothing at all', async ({
  page,
  plain,
  context,
}) => {
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  // Answers of the service worker were not requested from any host.
  context.on('response', (response) => {
    if (!response.fromServiceWorker()) asked.push(response.url());
  });
  context.on('requestfailed', (request) => asked.push(request.url()));
  await open(page, plain);
  await untilOffline(page);
  const policy = await page.evaluate(async () =>
    (await fetch(location.href)).headers.get('Content-Security-Policy'),
  );
  expect(policy).toContain("frame-ancestors 'none'");
  expect(asked.filter((url) => new URL(url).origin !== new URL(plain).origin)).toEqual([]);
  expect(asked.length).toBeGreaterThan(5);
  asked.length = 0;
  await choose(page, SAMPLE, recording('mono.mp3'));
  await untilDone(page, 'sample.wav');
  await untilDone(page, 'mono.mp3');
  await expect(page.locator('.player')).toBeVisible();
  expect(complaints).toEqual([]);
  // Addresses of the page's own data are not requests to a host.
  expect(asked.filter((url) => !url.startsWith('blob:') && !url.startsWith('data:'))).toEqual([]);
});

test('the browser refuses connections to anywhere else', async ({ page, plain }) => {
  await open(page, plain);
  const refused = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) =>
      document.addEventListener('securitypolicyviolation', (event) =>
        resolve(event.effectiveDirective),
      ),
    );
    await fetch('http://127.0.0.1:1/').catch(() => {});
    return violation;
  });
  expect(refused).toBe('connect-src');
});

test('a new version waits until it is asked for, then is all new', async ({ page }, info) => {
  const folder = info.outputPath('site');
  cpSync(PAGE, folder, { recursive: true });
  const server = await serveFiles(folder);
  await open(page, server.url);
  await untilOffline(page);
  publishNext(folder);
  await page.reload();
  expect(await page.title()).not.toContain('next');
  await page.getByRole('button', { name: 'Reload now' }).click();
  await expect(page).toHaveTitle('next');
  await expect.poll(() => pageCaches(page)).toEqual(['enhancer-page-next']);
  await server.close();
});

/** Changes the site as a build of a newer version does. */
function publishNext(folder: string): void {
  const replace = (file: string, from: RegExp, to: string) => {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    writeFileSync(`${folder}/${file}`, changed);
  };
  replace('index.html', /<title>.*<\/title>/, '<title>next</title>');
  replace('service-worker.js', /(version"?:["'`])[0-9a-f]+/, '$1next');
}

function pageCaches(page: Page): Promise<string[]> {
  return page.evaluate(async () =>
    (await caches.keys()).filter((name) => name.startsWith('enhancer-page-')),
  );
}
