import { expect, type Page } from '@playwright/test';
import { violations } from './support/axe';
import { ISOLATION } from './support/static_server';
import { drawn, open, position, test } from './player/page';

/** Brightness (0 to 765) of a spectrogram at a column and height, each 0 to 1. */
function brightness(page: Page, track: number, x: number, y: number) {
  return page
    .locator('canvas.player-spectrum')
    .nth(track)
    .evaluate(
      (canvas, [x, y]) => {
        if (!(canvas instanceof HTMLCanvasElement)) throw new Error('no canvas');
        const pixel = canvas
          .getContext('2d')
          ?.getImageData(x * (canvas.width - 1), (1 - y) * (canvas.height - 1), 1, 1).data;
        return pixel ? (pixel[0] ?? 0) + (pixel[1] ?? 0) + (pixel[2] ?? 0) : Number.NaN;
      },
      [x, y] as const,
    );
}

const labels = (page: Page) => page.locator('.player-times span').allTextContents();

test('a tone is a line at its frequency, fainter if it was attenuated', async ({ page, site }) => {
  await open(page, site, { kind: 'tone', seconds: 10 });
  const height = Math.log1p(1000 / 700) / Math.log1p(24000 / 700);
  for (const x of [0.02, 0.5, 0.98]) {
    expect(await brightness(page, 0, x, height)).toBeGreaterThan(500);
    expect(await brightness(page, 1, x, height)).toBeGreaterThan(500);
    expect(await brightness(page, 0, x, 0.75)).toBeLessThan(40);
  }
  expect(await brightness(page, 1, 0.5, height)).toBeLessThan(
    await brightness(page, 0, 0.5, height),
  );
  await expect(page.locator('.player-hertz').first().locator('span').last()).toHaveText('24k');
});

/** A spectrogram as a data URL. */
function spectrum(page: Page, track: number): Promise<string> {
  return page
    .locator('canvas.player-spectrum')
    .nth(track)
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

/** How much of its height a waveform fills, 0 to 1. */
function wave(page: Page, track: number): Promise<number> {
  return page
    .locator('canvas.player-wave-canvas')
    .nth(track)
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) throw new Error('no canvas');
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no waveform');
      // The rows of the picture with visible pixels.
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const inked = Array.from({ length: canvas.height }, (_, y) =>
        data.subarray(4 * y * canvas.width, 4 * (y + 1) * canvas.width).some((value) => value > 0),
      );
      return inked.filter(Boolean).length / canvas.height;
    });
}

test('the picture of the result shows what is heard', async ({ page, site }) => {
  await open(page, site, { kind: 'tone', seconds: 10 });
  const height = Math.log1p(1000 / 700) / Math.log1p(24000 / 700);
  const full = await brightness(page, 1, 0.5, height);
  const fullWave = await wave(page, 1);
  expect(fullWave).toBeLessThan(0.3 * (await wave(page, 0)));
  for (const wet of [0.5, 0]) {
    await page.evaluate((wet) => window.harness.players[0]?.setWanted({ wet, target: null }), wet);
    await expect(page.locator('.player-sight')).toHaveAttribute('data-drawing', '');
    await drawn(page);
    expect(await brightness(page, 1, 0.5, height)).toBeGreaterThan(full);
    expect(await wave(page, 1)).toBeGreaterThan(2 * fullWave);
  }
  // With nothing removed, both pictures are the same.
  expect(await spectrum(page, 1)).toBe(await spectrum(page, 0));
  expect(await wave(page, 1)).toBe(await wave(page, 0));
});

test('the removed part is shown while it is heard', async ({ page, site }) => {
  // 9 parts of 10 of the tone are removed.
  await open(page, site, { kind: 'tone', seconds: 10 });
  const height = Math.log1p(1000 / 700) / Math.log1p(24000 / 700);
  const name = page.locator('.player-name').last();
  await expect(name).toHaveText('Enhanced');
  const [enhanced, left] = [await spectrum(page, 1), await brightness(page, 1, 0.5, height)];
  const press = async (key: string) => {
    await page.locator('.player').focus();
    await page.keyboard.press(key);
    await drawn(page);
  };
  await press('3');
  await expect(name).toHaveText('Removed');
  await expect(page.getByRole('img', { name: 'Spectrogram, removed' })).toBeVisible();
  expect(await brightness(page, 1, 0.5, height)).toBeGreaterThan(left);
  const part = (await wave(page, 1)) / (await wave(page, 0));
  expect(part).toBeGreaterThan(0.85);
  expect(part).toBeLessThan(0.95);
  // It stays while the original is heard, and disappears when the result is heard.
  await press('1');
  await expect(name).toHaveText('Removed');
  await press('2');
  await expect(name).toHaveText('Enhanced');
  expect(await spectrum(page, 1)).toBe(enhanced);
  // Nothing was removed.
  await page.evaluate(() => window.harness.players[0]?.setWanted({ wet: 0, target: null }));
  await press('3');
  expect(await brightness(page, 1, 0.5, height)).toBeLessThan(40);
});

test('a worker that does not answer gives a message', async ({ page, site }) => {
  await page.clock.install();
  await page.route('**/spectrogram_worker*', (route) =>
    route.fulfill({
      contentType: 'text/javascript',
      headers: ISOLATION,
      body: 'onmessage = () => {};',
    }),
  );
  await page.goto(site);
  const asked = page.waitForRequest('**/spectrogram_worker*');
  await page.evaluate(() => window.harness.create({ kind: 'tone', seconds: 2 }));
  await page.clock.runFor(1_000);
  await asked;
  await page.clock.runFor(20_000);
  await expect(page.getByRole('alert')).toHaveText(
    'The spectrogram could not be drawn: its worker does not answer. Reload the page.',
  );
});

test('a loudness that cannot be measured is reported', async ({ page, site }) => {
  await page.goto(site);
  await page.evaluate(() => window.harness.create({ kind: 'tone', seconds: 2, broken: 48_000 }));
  await expect(page.locator('.player-matching')).toHaveText(
    'The loudness could not be measured: each is heard as it is.',
  );
  await expect(page.getByRole('alert')).toHaveText('The disk gave up.');
});

test('audio that is never read gives a message', async ({ page, site }) => {
  await page.clock.install();
  await page.goto(site);
  await page.evaluate(() => {
    window.harness.create({ kind: 'tone', seconds: 2 });
    const take = window.harness.takes[0];
    if (take) take.read = () => new Promise(() => {});
  });
  await page.clock.runFor(25_000);
  await expect(page.getByRole('alert')).toHaveText(
    'The spectrogram could not be drawn: the stored audio cannot be read. Reload the page.',
  );
});

test('zooming in redraws a part, and zooming out shows everything again', async ({
  page,
  site,
}) => {
  await open(page, site, { kind: 'noise', seconds: 60 });
  const picture = () =>
    page
      .locator('canvas.player-spectrum')
      .first()
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const [whole, before] = [await picture(), await labels(page)];
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.locator('.player').focus();
  await page.keyboard.press('+');
  await expect(page.locator('.player-sight')).toHaveAttribute('data-drawing', '');
  await drawn(page);
  expect(await picture()).not.toBe(whole);
  const times = await labels(page);
  expect(times).not.toEqual(before);
  expect(times[0]).toBe('0:00');
  // A quarter of the minute is visible.
  const { scrollWidth, clientWidth } = await page
    .locator('.player-sight')
    .evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  expect(scrollWidth / clientWidth).toBeCloseTo(4, 1);
  await page.keyboard.press('End');
  await drawn(page);
  expect((await labels(page)).at(-1)).toMatch(/^(0:5\d|1:00)$/);
  await page.keyboard.press('0');
  await drawn(page);
  expect(await labels(page)).toEqual(before);
  expect(await picture()).toBe(whole);
});

test('a zoom by the wheel keeps the place under the pointer; scrolling moves the view', async ({
  page,
  site,
}) => {
  await open(page, site, { kind: 'noise', seconds: 60 });
  const box = await page.locator('.player-position').boundingBox();
  if (!box) throw new Error('no position');
  await page.mouse.move(box.x + box.width / 2, box.y + 30);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -400);
  await page.keyboard.up('Control');
  await drawn(page);
  await page.mouse.click(box.x + box.width / 2, box.y + 30);
  expect(await position(page)).toBeCloseTo(30, 1);
  await page.locator('.player-sight').evaluate((sight) => {
    sight.scrollLeft = 0;
  });
  await expect.poll(async () => (await labels(page))[0]).toBe('0:00');
});

test('a click and a drag seek', async ({ page, site }) => {
  await open(page, site, { kind: 'noise', seconds: 20 });
  const box = await page.locator('.player-position').boundingBox();
  if (!box) throw new Error('no position');
  await page.mouse.click(box.x + box.width / 4, box.y + 100);
  expect(await position(page)).toBeCloseTo(5, 1);
  await page.mouse.move(box.x + box.width / 4, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 100, { steps: 4 });
  expect(await position(page)).toBeCloseTo(12, 1);
  await page.mouse.up();
  expect(await position(page)).toBeCloseTo(12, 1);
});

test('keys do what the help says', async ({ page, site }) => {
  await open(page, site, { kind: 'noise', seconds: 20 });
  const checked = () => page.getByRole('radio', { checked: true }).getAttribute('value');
  await page.locator('.player').focus();
  expect(await checked()).toBe('enhanced');
  await page.keyboard.press('x');
  expect(await checked()).toBe('original');
  await page.keyboard.press('x');
  expect(await checked()).toBe('enhanced');
  for (const [key, source] of [
    ['3', 'removed'],
    ['1', 'original'],
    ['2', 'enhanced'],
  ] as const) {
    await page.keyboard.press(key);
    expect(await checked()).toBe(source);
  }
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowLeft');
  expect(await position(page)).toBe(9.5);
  await expect(page.getByRole('slider', { name: 'Position' })).toHaveAttribute(
    'aria-valuetext',
    '0:09.5 of 0:20.0',
  );
  await page.keyboard.press('End');
  expect(await position(page)).toBe(20);
  await page.keyboard.press('Home');
  expect(await position(page)).toBe(0);
  await page.keyboard.press(' ');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.keyboard.press(' ');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await page.getByRole('radio', { name: 'Enhanced' }).focus();
  await page.keyboard.press('ArrowRight');
  expect(await checked()).toBe('removed');
});

test('an hour of stereo is read sparsely', async ({ page, site }) => {
  await open(page, site, { kind: 'tone', seconds: 3600, channels: 2 });
  const read = await page.evaluate(
    () => window.harness.takes[0]?.reads.reduce((sum, { count }) => sum + count, 0) ?? 0,
  );
  expect(read).toBeGreaterThan(0);
  // The samples for the pictures, and two minutes for the loudness.
  expect(read).toBeLessThanOrEqual(1200 * 2048 + 120 * 48_000);
});

for (const [width, scheme] of [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const) {
  test(`accessible, within the policy and the width: ${width}, ${scheme}`, async ({
    page,
    site,
  }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await open(page, site, { kind: 'voice', seconds: 6 });
    await page.locator('.player').focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('Keyboard shortcuts', { exact: true }).click();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => window.harness.violations)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });
}
