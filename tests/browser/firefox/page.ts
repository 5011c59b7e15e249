/** Ways in and out of the page, as ../support/page.ts has them for Chromium. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ElementHandle, Page } from 'puppeteer-core';
import { expect, type Visitor } from './fixtures.ts';

/** Opens the page and waits until its model is loaded. */
export async function open(tab: Page, address: string): Promise<void> {
  await tab.goto(`${address}/`);
  await untilText(tab, '.engine', /is ready/);
}

/** Waits until what the selector finds first has a text like that. */
export async function untilText(tab: Page, selector: string, like: RegExp): Promise<void> {
  const patience = { message: selector, timeout: 150_000 };
  await expect.poll(() => text(tab, selector), patience).toMatch(like);
}

function text(tab: Page, selector: string): Promise<string> {
  return tab.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector);
}

/** Waits until the page and its models are on this machine; its sheet says so. */
export function untilOffline(tab: Page): Promise<void> {
  return untilText(tab, '#privacy', /Everything is stored on this machine/);
}

/** Chooses files as the button does. */
export async function choose(tab: Page, ...paths: string[]): Promise<void> {
  const input = await tab.waitForSelector('input[type=file]');
  await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths);
}

/** Clicks the button of that name. */
export async function click(tab: Page, name: string): Promise<void> {
  await tab.locator(`::-p-aria([name="${name}"][role="button"])`).click();
}

/** Clicks what the selector finds first, wherever it is and whether it can be seen. */
export async function press(tab: Page, selector: string): Promise<void> {
  await tab.waitForSelector(selector);
  await tab.$eval(selector, (element) => (element as HTMLElement).click());
}

/** The state that a file's row shows. */
export function stateOf(tab: Page, name: string): Promise<string | undefined> {
  return tab.evaluate((name) => {
    const rows = [...document.querySelectorAll('.row')];
    const row = rows.find((row) => row.querySelector('.name')?.textContent?.includes(name));
    return row?.querySelector('.status')?.textContent ?? undefined;
  }, name);
}

export async function untilState(tab: Page, name: string, like: RegExp): Promise<void> {
  await expect.poll(() => stateOf(tab, name), { message: name }).toMatch(like);
}

/** Saves a result by its button, and gives what Firefox wrote. */
export async function save({ tab, downloads }: Visitor, name: string, as: string): Promise<Buffer> {
  const path = join(downloads, as);
  rmSync(path, { force: true });
  await click(tab, `Save enhanced ${name}`);
  // Firefox writes beside it, and puts an empty file there before it has all.
  await expect.poll(() => existsSync(path) && readFileSync(path).length > 0).toBe(true);
  await expect.poll(() => existsSync(`${path}.part`)).toBe(false);
  return readFileSync(path);
}
