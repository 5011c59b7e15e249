/** Colours of the system (high contrast): all states must be visible. The tests compare pixels. */
import { writeFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, longSample, open, untilDone } from './support/page.ts';
import { ENOUGH, areaOf, contrast, expectInside, pixels, range } from './support/pixels.ts';

// The service worker is tested elsewhere; without it a visit loads half as much.
test.use({
  serviceWorkers: 'block',
  forcedColors: 'active',
  viewport: { width: 1280, height: 900 },
});

const SCHEMES = ['light', 'dark'] as const;

/** Calls `look` in each colour scheme. A page follows a change of the scheme at once. */
async function inEachScheme(page: Page, look: () => Promise<void>): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await test.step(colorScheme, async () => {
      await page.emulateMedia({ colorScheme, forcedColors: 'active' });
      await look();
    });
  }
}

test('the first screen', async ({ page, isolated }) => {
  await open(page, isolated);
  await inEachScheme(page, async () => {
    await page.getByRole('radio', { name: 'Before' }).check();
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
});

test('the progress of a file', async ({ page, isolated }, info) => {
  writeFileSync(info.outputPath('long.wav'), longSample(90));
  await open(page, isolated);
  await choose(page, info.outputPath('long.wav'));
  const bar = page.locator('progress');
  await expect(bar).toHaveAttribute('value', /0\.[2-7]/);
  await inEachScheme(page, async () => {
    const { x, y, width, height } = await areaOf(bar);
    const middle = { x: x + 4, y: y + height / 2, width: width - 8, height: 1 };
    const colours = await pixels(page, middle);
    expect(contrast(colours.at(0), colours.at(-1))).toBeGreaterThan(ENOUGH);
    await expectEdge(page.getByRole('button', { name: 'Cancel' }));
  });
});

test('the player and the settings', async ({ page, isolated }) => {
  await open(page, isolated);
  await choose(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  await inEachScheme(page, async () => {
    await page.getByRole('radio', { name: 'Enhanced' }).check();
    await page.getByRole('slider', { name: 'Noise removal' }).fill('99');
    await page.getByRole('slider', { name: 'Noise removal' }).fill('100');
    await page.getByRole('slider', { name: 'Position' }).press('Home');
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
    // The level moves with the sound.
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
});

test('the focus', async ({ page, isolated }) => {
  await open(page, isolated);
  // A key press makes the browser show the focus as for keyboard users.
  await page.keyboard.press('Tab');
  await inEachScheme(page, async () => {
    await expectFocusShown(page.getByRole('button', { name: 'Choose recordings' }));
    await expectFocusShown(page.getByRole('button', { name: 'Try the sample' }));
    await expectFocusShown(page.getByRole('radio', { name: 'Before' }));
  });
  await choose(page, SAMPLE);
  await untilDone(page, 'sample.wav');
  await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
  await inEachScheme(page, async () => {
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

/** Expects that the left edge is visible. */
async function expectEdge(locator: Locator): Promise<void> {
  const { x, y, height } = await areaOf(locator);
  const area = { x: x - 3, y: y + height / 2, width: 7, height: 1 };
  expect(range(await pixels(locator.page(), area))).toBeGreaterThan(ENOUGH);
}

/** Expects that the chosen element has another background than the other one. */
async function expectApart(chosen: Locator, other: Locator): Promise<void> {
  const background = async (locator: Locator) => {
    const { x, y, height } = await areaOf(locator);
    const area = { x: x + 6, y: y + height / 2, width: 1, height: 1 };
    return (await pixels(locator.page(), area)).at(0);
  };
  expect(contrast(await background(chosen), await background(other))).toBeGreaterThan(ENOUGH);
}

/** Expects that the focus is visible around the element or in it. */
async function expectFocusShown(locator: Locator): Promise<void> {
  const page = locator.page();
  await locator.evaluate((element) => {
    // Radio buttons are invisible and lie over the element that shows them.
    const shown = element.matches('input[type=radio]') ? element.parentElement : element;
    shown?.setAttribute('data-shown', '');
    (element as HTMLElement).blur();
  });
  const { x, y, ...size } = await areaOf(page.locator('[data-shown]'));
  // The upper left part of a large element is enough.
  const [width, height] = [Math.min(size.width, 300), Math.min(size.height, 60)];
  const area = { x: x - 5, y: y - 5, width: width + 10, height: height + 10 };
  const before = await pixels(page, area);
  await locator.focus();
  const after = await pixels(page, area);
  const changed = after.filter((colour, i) => contrast(colour, before[i]) > ENOUGH).length;
  // At least as many pixels as a line along two sides.
  expect(changed, `pixels that changed with the focus of ${String(locator)}`).toBeGreaterThan(
    2 * Math.min(width, height),
  );
  await page.locator('[data-shown]').evaluate((element) => element.removeAttribute('data-shown'));
}
