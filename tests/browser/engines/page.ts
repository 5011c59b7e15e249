/** Actions on the page, like those of ../support/page.ts for Chromium. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { Tab, Visitor } from './tab.ts';

/** Opens the page and waits until its model is loaded. */
export async function open(tab: Tab, address: string): Promise<void> {
  await tab.goto(`${address}/`);
  await untilText(tab, '.engine', /is ready/);
}

/** The text of the first element that matches; empty if there is none. */
export const text = (tab: Tab, selector: string) =>
  tab.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector);

export async function untilText(tab: Tab, selector: string, like: RegExp): Promise<void> {
  await expect.poll(() => text(tab, selector), { message: selector }).toMatch(like);
}

/** Waits until the page reports that it and its models are stored on this machine. */
export const untilOffline = (tab: Tab) =>
  untilText(tab, '#privacy', /Everything is stored on this machine/);

/** Chooses files, as with the button. */
export const choose = (tab: Tab, ...paths: string[]) => tab.choose('input[type=file]', paths);

/** Drops files on the window: the page cannot tell this from a drop by the operating system. */
export const drop = (tab: Tab, files: { name: string; base64: string }[]) =>
  tab.evaluate((files) => {
    const data = new DataTransfer();
    for (const { name, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(
        new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    }
  }, files);

/** The text of a part of a file's row. */
export const inRow = (tab: Tab, name: string, selector: string) =>
  tab.evaluate(
    (name, selector) => {
      const rows = [...document.querySelectorAll('.row')];
      const row = rows.find((row) => row.querySelector('.name')?.textContent?.includes(name));
      return row?.querySelector(selector)?.textContent ?? '';
    },
    name,
    selector,
  );

export async function untilState(tab: Tab, name: string, like: RegExp): Promise<void> {
  await expect.poll(() => inRow(tab, name, '.status'), { message: name }).toMatch(like);
}

/** Saves a result with its button, and returns the file that the browser wrote. */
export async function save({ tab, downloads }: Visitor, name: string, as: string): Promise<Buffer> {
  const path = join(downloads, as);
  rmSync(path, { force: true });
  await tab.click(`[aria-label="Save enhanced ${name}"]`);
  // The page reports the save when it has handed the file over; the browser may still be writing.
  await expect.poll(() => inRow(tab, name, '.saved')).toContain(as);
  await expect.poll(() => isWhole(path), { message: path }).toBe(true);
  return readFileSync(path);
}

/** Whether a WAV file is as long as it declares. */
function isWhole(path: string): boolean {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  return bytes.length > 8 && bytes.readUInt32LE(4) + 8 === bytes.length;
}
