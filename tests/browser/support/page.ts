/** Actions on the page. */
import { readFileSync } from 'node:fs';
import { readWav, writeWav } from './audio.ts';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures.ts';
import { PAGE, ROOT } from './paths.ts';

/** The sample that the page offers: mono, 48 kHz, 16 bits. */
export const SAMPLE = join(PAGE, 'sample.wav');

/** A tiny recording from the fuzz seeds. The name gives the format. */
export const recording = (name: string) => join(ROOT, 'fuzz/seeds/decode', name);

/** The sample, repeated, as WAV: enhancing it takes a while. */
export function longSample(times: number): Buffer {
  const { samples, ...format } = readWav(readFileSync(SAMPLE));
  const long = new Float32Array(times * samples.length);
  for (let at = 0; at < long.length; at += samples.length) long.set(samples, at);
  return writeWav({ ...format, samples: long });
}

/** Opens the page and waits until its model is loaded. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(`${address}/`);
  await expect(page.locator('.engine.ready')).toBeVisible();
}

/** Waits until the page reports that it and its models are stored on this machine. */
export async function untilOffline(page: Page): Promise<void> {
  await expect(page.locator('#privacy')).toContainText('Everything is stored on this machine');
}

/** Chooses files, as with the button. */
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

/** Opens a row if it is closed. */
export async function openRow(page: Page, name: string): Promise<void> {
  const button = row(page, name).locator('.name');
  if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
  await expect(row(page, name).locator('.player')).toBeVisible();
}

export async function untilDone(page: Page, name: string): Promise<void> {
  await expect(row(page, name).locator('.status')).toHaveText(/^(Done|Saved)/);
}

/** Ends the package's worker, as an error in it does. */
export async function endWorker(page: Page): Promise<void> {
  const worker = page.workers().find((worker) => /worker-[^/]*\.js$/.test(worker.url()));
  await worker?.evaluate(() => {
    setTimeout(() => {
      throw new Error('it broke');
    });
  });
}

/** Saves a result, or the removed part, with its button. */
export async function save(
  page: Page,
  name: string,
  button: string | RegExp = /^Save enhanced/,
): Promise<{ name: string; bytes: Buffer }> {
  const begun = page.waitForEvent('download');
  await row(page, name).getByRole('button', { name: button }).click();
  const download = await begun;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
