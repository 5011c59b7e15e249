/** The first screen, on all kinds of screens. */
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, row, save, untilDone } from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('the sample plays before and after, without a model', async ({ page, isolated }) => {
  await page.route('**/models/**', (route) => route.abort());
  await page.goto(`${isolated}/`);
  await page.getByRole('button', { name: 'Play the sample' }).click();
  await expect(page.getByRole('button', { name: 'Pause the sample' })).toBeVisible();
  await page.getByRole('radio', { name: 'After' }).check();
  await page.getByRole('button', { name: 'Pause the sample' }).click();
  await expect(page.getByRole('button', { name: 'Play the sample' })).toBeVisible();
  await expect(page.locator('.demo [role=alert]')).toHaveCount(0);
});

test('the footer links the licences; settings come with the first file', async ({
  page,
  isolated,
}) => {
  await open(page, isolated);
  await expect(page.locator('.controls')).toHaveCount(0);
  await expect(page.locator('footer')).toContainText(/Enhancer \d+\.\d+\.\d+/);
  const address = await page.getByRole('link', { name: 'Licences' }).getAttribute('href');
  const licences = await (await page.request.get(`${isolated}/${address}`)).text();
  for (const part of ['Enhancer', 'Model deepfilternet3', 'Model gtcrn', 'preact', 'fft.js']) {
    expect(licences).toContain(`${part}\n===`);
  }
  await choose(page, SAMPLE);
  await expect(page.locator('.controls')).toBeVisible();
});

test('the slider stays where it is while its value changes', async ({ page, isolated }) => {
  await open(page, isolated);
  await choose(page, recording('mono.mp3'));
  const slider = page.getByRole('slider', { name: 'Noise removal' });
  const places = new Set<string>();
  for (const value of ['100', '99', '50', '1', '0']) {
    await slider.fill(value);
    const boxes = [slider, page.getByRole('combobox', { name: 'Save as' })].map((it) =>
      it.evaluate((element) => element.getBoundingClientRect().top),
    );
    places.add(String(await Promise.all(boxes)));
  }
  expect([...places]).toHaveLength(1);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('there are two big buttons, and settings open above the list', async ({
    page,
    isolated,
  }) => {
    await open(page, isolated);
    for (const name of ['Choose recordings', 'Record']) {
      const box = await page.getByRole('button', { name, exact: true }).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
    }
    await expect(page.getByText('Choose a folder')).toBeHidden();
    await expect(page.getByText('Drop files')).toBeHidden();
    await page.getByRole('button', { name: 'Nothing leaves your machine' }).click();
    await expect(page.getByText('Turn off your network')).toBeVisible();
    await expect(page.getByText('developer tools')).toBeHidden();
    await page.keyboard.press('Escape');
    await choose(page, SAMPLE);
    await untilDone(page, 'sample.wav');
    await expect(page.getByText('Add a folder')).toBeHidden();
    await expect(page.locator('.controls')).toBeHidden();
    await page.getByRole('button', { name: 'Settings' }).click();
    await expect(page.locator('.controls')).toBeVisible();
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      // Nothing is wider than the page, and no setting is wider than its card.
      const widest = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(widest).toBeLessThanOrEqual(width);
      const card = await page.locator('.controls').boundingBox();
      for (const field of await page.locator('.controls :is(input, select, small)').all()) {
        const box = await field.boundingBox();
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan((card?.x ?? 0) + (card?.width ?? 0));
      }
    }
    for (const control of [
      page.getByRole('slider', { name: 'Noise removal' }),
      page.getByRole('combobox', { name: 'Loudness' }),
      page.getByText('Same loudness', { exact: true }),
      page.getByRole('button', { name: 'Save what was removed' }),
    ]) {
      const box = await control.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
    }
  });

  test('the row of a file is low, and nothing in it is cut off', async ({ page, isolated }) => {
    await open(page, isolated);
    await choose(page, recording('mono.mp3'), SAMPLE);
    await untilDone(page, 'sample.wav');
    const sample = row(page, 'sample.wav');
    const expectLines = async (width: number, lines: number) => {
      await page.setViewportSize({ width, height: 844 });
      const box = await sample.boundingBox();
      // A finger needs 44 pixels per line, and the row has a border.
      expect(box?.height, `at ${width} px`).toBeLessThanOrEqual(lines * 44 + 26);
      for (const part of await sample.locator('.name, .facts > *, button, .saved').all()) {
        const cut = await part.evaluate((it) => it.scrollWidth - it.clientWidth);
        expect(cut, String(part)).toBeLessThanOrEqual(0);
      }
    };
    await expectLines(390, 2);
    await expectLines(320, 3);
    await save(page, 'sample.wav');
    await expect(sample.locator('.saved')).toBeVisible();
    await expectLines(390, 3);
    await expectLines(320, 3);
  });

  test('saving all offers no folder', async ({ page, isolated }) => {
    await open(page, isolated);
    await choose(page, SAMPLE, SAMPLE);
    await expect(page.getByRole('button', { name: 'Save all as a zip' })).toBeVisible();
    await expect(page.getByText('Save all into a folder')).toBeHidden();
  });
});

test('on a wide screen the list grows to 1500 pixels', async ({ page, isolated }) => {
  await page.setViewportSize({ width: 1920, height: 1000 });
  await open(page, isolated);
  await choose(page, SAMPLE);
  const box = await page.locator('.queue').boundingBox();
  expect(box?.width).toBeGreaterThanOrEqual(1490);
});
