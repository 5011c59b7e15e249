/** What is visible, in pixels. */
import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures.ts';

// The contrast that WCAG 2.2 requires for controls and their states (1.4.11).
export const ENOUGH = 3;

type Colour = readonly [red: number, green: number, blue: number];

/** A part of the page, in its pixels. */
interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

export async function areaOf(locator: Locator): Promise<Area> {
  await locator.scrollIntoViewIfNeeded();
  const area = await locator.boundingBox();
  if (!area) throw new Error(`${String(locator)} is not to be seen`);
  return area;
}

/** The colours of a part of the page, row by row. */
export async function pixels(page: Page, area: Area): Promise<Colour[]> {
  const png = await page.screenshot({ clip: area, animations: 'disabled' });
  // Returned as one text: Playwright is slow with lists of numbers.
  const rgba = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return btoa(Array.from(data, (value) => String.fromCharCode(value)).join(''));
  }, png.toString('base64'));
  const data = Buffer.from(rgba, 'base64');
  return Array.from(
    { length: data.length / 4 },
    (_, i) => [data[4 * i] ?? 0, data[4 * i + 1] ?? 0, data[4 * i + 2] ?? 0] as const,
  );
}

/** The contrast ratio of two colours, 1 to 21, as WCAG defines it. */
export function contrast(a: Colour | undefined, b: Colour | undefined): number {
  if (!a || !b) throw new Error('there are no pixels');
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The largest contrast between two of the colours. */
export function range(colours: readonly Colour[]): number {
  const sorted = [...colours].sort((a, b) => luminance(a) - luminance(b));
  return contrast(sorted.at(0), sorted.at(-1));
}

/** Expects something visible in the middle of the element, such as the sign of a button without its border. */
export async function expectInside(locator: Locator): Promise<void> {
  const { x, y, width, height } = await areaOf(locator);
  // A small element is itself the sign: compares it with its surroundings.
  const grow = Math.min(width, height) < 12 ? 3 : -0.25 * Math.min(width, height);
  const area = { x: x - grow, y: y - grow, width: width + 2 * grow, height: height + 2 * grow };
  expect(range(await pixels(locator.page(), area))).toBeGreaterThan(ENOUGH);
}
