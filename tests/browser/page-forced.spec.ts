/** Colours of the system (high contrast): all states can be seen, which these tests look for in pixels. */
import { writeFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, longSample, open, untilDone } from './support/page.ts';

// What WCAG 2.2 asks of controls and their states (1.4.11).
const ENOUGH = 3;

type Colour = readonly [red: number, green: number, blue: number];

/** A part of the page, in its pixels. */
interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

// The service worker is tested elsewhere; without it a visit loads half as much.
test.use({
  serviceWorkers: 'block',
  forcedColors: 'active',
  viewport: { width: 1280, height: 900 },
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('the first screen', async ({ page, isolated }) => {
      await open(page, isolated);
      await expectInside(page.locator('.demo .player-play'));
      await expectInside(page.locator('.record .dot'));
      await expectInside(page.locator('.lamp'));
      await expectApart(
        page.getByText('Before', { exact: true }),
        page.getByText('After', { exact: true }),
      );
      await page.getByRole('radio', { name: 'After' }).check();
      await expectApart(
        page.getByText('After', { exact: true }),
        page.getByText('Before', { exact: true }),
      );
      await expectEdge(page.getByRole('button', { name: 'Nothing leaves your machine' }));
      for (const name of ['Choose recordings', 'Choose a folder', 'Record']) {
        await expectEdge(page.getByRole('button', { name, exact: true }));
      }
      const widths = ['Choose recordings', 'Choose a folder'].map((name) =>
        page
          .getByRole('button', { name })
          .evaluate((button) => Number.parseFloat(getComputedStyle(button).borderTopWidth)),
      );
      const [primary, other] = await Promise.all(widths);
      expect(primary).toBeGreaterThan(other ?? Infinity);
    });

    test('the progress of a file', async ({ page, isolated }, info) => {
      writeFileSync(info.outputPath('long.wav'), longSample(30));
      await open(page, isolated);
      await choose(page, info.outputPath('long.wav'));
      const bar = page.locator('progress');
      await expect(bar).toHaveAttribute('value', /0\.[2-7]/);
      const { x, y, width, height } = await areaOf(bar);
      const middle = { x: x + 4, y: y + height / 2, width: width - 8, height: 1 };
      const colours = await pixels(page, middle);
      expect(contrast(colours.at(0), colours.at(-1))).toBeGreaterThan(ENOUGH);
      await expectEdge(page.getByRole('button', { name: 'Cancel' }));
    });

    test('the player and the settings', async ({ page, isolated }) => {
      await open(page, isolated);
      await choose(page, SAMPLE);
      await untilDone(page, 'sample.wav');
      await page.getByRole('slider', { name: 'Noise removal' }).fill('99');
      await page.getByRole('slider', { name: 'Noise removal' }).fill('100');
      await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
      const source = (name: string) => page.locator('.player-sources').getByText(name);
      await expectApart(source('Enhanced'), source('Original'));
      await page.getByRole('radio', { name: 'Removed' }).check();
      await expectApart(source('Removed'), source('Enhanced'));
      for (const wave of await page.locator('.player-wave').all()) await expectInside(wave);
      await expectInside(page.locator('.player .player-play'));
      const at = await areaOf(page.locator('.player-scale'));
      const level = { x: at.x + 3, y: at.y + at.height / 2, width: at.width - 6, height: 1 };
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      await expectInside(page.locator('.player .player-playing'));
      // It moves with the sound.
      await expect
        .poll(async () => {
          const colours = await pixels(page, level);
          return contrast(colours.at(0), colours.at(-1));
        })
        .toBeGreaterThan(ENOUGH);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('slider', { name: 'Noise removal' }).fill('80');
      await expectInside(page.locator('.controls .mark').first());
      for (const name of [
        /^Save enhanced/,
        'Save what was removed',
        /^Remove sample/,
        'Fit the whole recording',
      ]) {
        await expectEdge(page.getByRole('button', { name }));
      }
    });

    test('the focus', async ({ page, isolated }) => {
      await open(page, isolated);
      // From now on the focus is that of somebody who uses the keyboard.
      await page.keyboard.press('Tab');
      await expectFocusShown(page.getByRole('button', { name: 'Choose recordings' }));
      await expectFocusShown(page.getByRole('button', { name: 'Try the sample' }));
      await expectFocusShown(page.getByRole('radio', { name: 'Before' }));
      await choose(page, SAMPLE);
      await untilDone(page, 'sample.wav');
      await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
      await expectFocusShown(page.locator('.row .name'));
      await expectFocusShown(page.getByRole('button', { name: 'Play', exact: true }));
      await expectFocusShown(page.getByRole('radio', { name: 'Enhanced' }));
      await expectFocusShown(page.getByRole('checkbox', { name: 'Same loudness' }));
      await expectFocusShown(page.getByRole('slider', { name: 'Position' }));
      await expectFocusShown(page.getByText('Keyboard shortcuts'));
      await expectFocusShown(page.getByRole('radio', { name: 'Full band' }));
      await expectFocusShown(page.getByRole('slider', { name: 'Noise removal' }));
      await expectFocusShown(page.getByRole('combobox', { name: 'Save as' }));
      await expectFocusShown(page.getByRole('link', { name: 'Licences' }));
    });
  });
}

async function areaOf(locator: Locator): Promise<Area> {
  await locator.scrollIntoViewIfNeeded();
  const area = await locator.boundingBox();
  if (!area) throw new Error(`${String(locator)} is not to be seen`);
  return area;
}

/** The colours of a part of the page, row by row. */
async function pixels(page: Page, area: Area): Promise<Colour[]> {
  const png = await page.screenshot({ clip: area, animations: 'disabled' });
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return Array.from(
      { length: data.length / 4 },
      (_, i) => [data[4 * i] ?? 0, data[4 * i + 1] ?? 0, data[4 * i + 2] ?? 0] as const,
    );
  }, png.toString('base64'));
}

/** The contrast ratio of two colours, 1 to 21, as WCAG defines it. */
function contrast(a: Colour | undefined, b: Colour | undefined): number {
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
function range(colours: readonly Colour[]): number {
  const sorted = [...colours].sort((a, b) => luminance(a) - luminance(b));
  return contrast(sorted.at(0), sorted.at(-1));
}

/** There is something to be seen in the middle of it and around that, such as the sign of a button without its border. */
async function expectInside(locator: Locator): Promise<void> {
  const { x, y, width, height } = await areaOf(locator);
  // Small ones are the sign themselves: with what is around them.
  const grow = Math.min(width, height) < 12 ? 3 : -0.25 * Math.min(width, height);
  const area = { x: x - grow, y: y - grow, width: width + 2 * grow, height: height + 2 * grow };
  expect(range(await pixels(locator.page(), area))).toBeGreaterThan(ENOUGH);
}

/** Its left edge is to be seen. */
async function expectEdge(locator: Locator): Promise<void> {
  const { x, y, height } = await areaOf(locator);
  const area = { x: x - 3, y: y + height / 2, width: 7, height: 1 };
  expect(range(await pixels(locator.page(), area))).toBeGreaterThan(ENOUGH);
}

/** The chosen one has another background than the other. */
async function expectApart(chosen: Locator, other: Locator): Promise<void> {
  const background = async (locator: Locator) => {
    const { x, y, height } = await areaOf(locator);
    const area = { x: x + 6, y: y + height / 2, width: 1, height: 1 };
    return (await pixels(locator.page(), area)).at(0);
  };
  expect(contrast(await background(chosen), await background(other))).toBeGreaterThan(ENOUGH);
}

/** With the focus something is drawn around it, or in it, that is seen. */
async function expectFocusShown(locator: Locator): Promise<void> {
  const page = locator.page();
  await locator.evaluate((element) => {
    // Some inputs lie unseen over what stands for them.
    const shown = element.matches('input[type=radio]') ? element.parentElement : element;
    shown?.setAttribute('data-shown', '');
    (element as HTMLElement).blur();
  });
  const { x, y, ...size } = await areaOf(page.locator('[data-shown]'));
  // The upper left of a large one shows enough of it.
  const [width, height] = [Math.min(size.width, 300), Math.min(size.height, 60)];
  const area = { x: x - 5, y: y - 5, width: width + 10, height: height + 10 };
  const before = await pixels(page, area);
  await locator.focus();
  const after = await pixels(page, area);
  const changed = after.filter((colour, i) => contrast(colour, before[i]) > ENOUGH).length;
  // As many as a line along two sides.
  expect(changed, `pixels that changed with the focus of ${String(locator)}`).toBeGreaterThan(
    2 * Math.min(width, height),
  );
  await page.locator('[data-shown]').evaluate((element) => element.removeAttribute('data-shown'));
}
