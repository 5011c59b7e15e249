/** What the specs of the page share: a host, ways in and out of the page, and native results. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Locator, type Page } from '@playwright/test';

const repository = fileURLToPath(new URL('../..', import.meta.url));
export const site = join(repository, 'web/dist');
/** The sample that the page offers. */
export const sample = join(site, 'sample.wav');
/** Tiny recordings of many formats. */
export const recording = (name: string) => join(repository, 'fuzz/seeds/decode', name);

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves a folder as the plainest of hosts does: no headers beside the type. */
export async function servePlainly(folder: string, port = 0): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    try {
      const body = await readFile(join(folder, path));
      response
        .writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

export function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Adds the address of the page on a plain host. */
export const test = base.extend<object, { plain: string }>({
  plain: [
    async ({}, use) => {
      const server = await servePlainly(site);
      await use(addressOf(server));
      await close(server);
    },
    { scope: 'worker' },
  ],
});

/** Opens the page and waits until its model is loaded. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.locator('.engine.ready')).toBeVisible({ timeout: 60_000 });
}

/** Waits until the page and its models are on this machine; its sheet says so. */
export async function untilOffline(page: Page): Promise<void> {
  await expect(page.locator('#privacy')).toContainText('It is all on this machine now', {
    timeout: 60_000,
  });
}

/** Chooses files as the button does. */
export function choose(page: Page, ...paths: string[]): Promise<void> {
  return page.locator('input[type=file]').first().setInputFiles(paths);
}

/** Drops files and folders on the window, as the operating system does. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  }
}

export function row(page: Page, name: string): Locator {
  return page.locator('.row', { has: page.locator('.name', { hasText: name }) });
}

export async function untilDone(page: Page, name: string): Promise<void> {
  await expect(row(page, name).locator('.status')).toHaveText('Done', { timeout: 60_000 });
}

/** Saves a result by its button. */
export async function save(page: Page, name: string): Promise<{ name: string; bytes: Buffer }> {
  const begun = page.waitForEvent('download');
  await row(page, name).getByRole('button', { name: /^Save/ }).click();
  const download = await begun;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** What the command line makes of a file, as the bytes of a WAV. */
export function native(source: string, into: string, ...options: string[]): Buffer {
  const destination = join(into, 'native.wav');
  const enhancer = process.env['ENHANCER'] ?? join(repository, 'target/debug/enhancer');
  execFileSync(enhancer, [
    'enhance-file',
    '--force',
    '--source-file',
    source,
    '--destination-file',
    destination,
    ...options,
  ]);
  return readFileSync(destination);
}

/** The samples of a WAV, over full scale; 16, 24 bits or float. */
export function samplesOf(wav: Buffer): Float64Array {
  const format = chunk(wav, 'fmt ');
  const data = chunk(wav, 'data');
  const bytes = format.readUInt16LE(14) / 8;
  const isFloat = bytes === 4;
  return Float64Array.from({ length: data.length / bytes }, (_, i) =>
    isFloat ? data.readFloatLE(4 * i) : data.readIntLE(bytes * i, bytes) / 2 ** (8 * bytes - 1),
  );
}

function chunk(wav: Buffer, id: string): Buffer {
  let at = 12;
  while (wav.toString('latin1', at, at + 4) !== id) {
    if (at + 8 > wav.length) throw new Error(`the WAV has no chunk ${id}`);
    const length = wav.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return wav.subarray(at + 8, at + 8 + wav.readUInt32LE(at + 4));
}

/** How far `other` is from `reference`, in dB. */
export function snr(reference: Float64Array, other: Float64Array): number {
  let signal = 0;
  let noise = 0;
  reference.forEach((sample, i) => {
    signal += sample ** 2;
    noise += (sample - (other[i] ?? 0)) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}

export { expect };
