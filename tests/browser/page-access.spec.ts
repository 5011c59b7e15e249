import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { violations } from './support/axe.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, row, save, untilDone } from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('axe finds nothing, light and dark, on wide and narrow screens', async ({
  page,
  isolated,
}, info) => {
  await open(page, isolated);
  await onEachScreen(page, expectNoViolations);
  await page.getByRole('button', { name: 'Nothing leaves your machine' }).click();
  await onEachScreen(page, expectNoViolations);
  await page.keyboard.press('Escape');
  writeFileSync(info.outputPath('broken.wav'), 'no recording');
  await choose(page, SAMPLE, info.outputPath('broken.wav'));
  await untilDone(page, 'sample.wav');
  await expect(row(page, 'broken.wav')).toHaveClass(/failed/);
  await onEachScreen(page, async (page) => {
    await expectNoViolations(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

test('the keyboard alone gets from the sample to the saved file', async ({ page, isolated }) => {
  await open(page, isolated);
  await tabTo(page, 'Try the sample');
  await page.keyboard.press('Enter');
  await untilDone(page, 'Café sample.wav');
  await tabTo(page, 'Noise removal');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('slider', { name: 'Noise removal' })).toHaveAttribute(
    'aria-valuetext',
    '99 %, up to 40 dB',
  );
  await tabTo(page, 'Save enhanced Café sample.wav');
  const begun = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await begun).suggestedFilename()).toBe('Café sample.enhanced.wav');
  await tabTo(page, 'Remove Café sample.wav');
  await page.keyboard.press('Enter');
  await expect(page.locator('.row')).toHaveCount(0);
});

test('what happens is announced', async ({ page, isolated }) => {
  await open(page, isolated);
  await choose(page, recording('mono.mp3'));
  await expect(page.getByRole('status')).toHaveText('mono.mp3 is done.');
});

test('choices hold until the next visit, and can be reset', async ({ page, isolated }) => {
  await open(page, isolated);
  await choose(page, recording('mono.mp3'));
  await untilDone(page, 'mono.mp3');
  await page.getByRole('radio', { name: 'Light' }).click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await removal(page).fill('80');
  await page.getByRole('combobox', { name: 'Loudness' }).selectOption('Broadcast (−23 LUFS)');
  await page.getByRole('checkbox', { name: 'Even voices' }).check();
  await page.getByRole('combobox', { name: 'Save as' }).selectOption('FLAC, 16 bits');
  await page.reload();
  await choose(page, recording('mono.mp3'));
  await untilDone(page, 'mono.mp3');
  await expect(page.getByRole('radio', { name: 'Light' })).toBeChecked();
  await expect(removal(page)).toHaveAttribute('aria-valuetext', '80 %, up to 14 dB');
  await expect(page.getByRole('combobox', { name: 'Loudness' })).toHaveValue('-23');
  await expect(page.getByRole('checkbox', { name: 'Even voices' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Save as' })).toHaveValue('flac16');
  await expect(page.locator('.controls')).toContainText('5 settings differ from the defaults.');
  await page.getByRole('button', { name: 'Reset Noise removal' }).click();
  await expect(removal(page)).toHaveValue('100');
  await expect(removal(page)).toBeFocused();
  await expect(page.locator('.controls')).toContainText('4 settings differ from the defaults.');
  await page.getByRole('button', { name: 'Reset all settings' }).click();
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page.getByRole('radio', { name: 'Full band' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Loudness' })).toHaveValue('');
  await expect(page.getByRole('checkbox', { name: 'Even voices' })).not.toBeChecked();
  await expect(page.getByRole('button', { name: /^Reset/ })).toHaveCount(0);
});

test('settings of an earlier version are kept, and invalid ones are ignored', async ({
  page,
  isolated,
}) => {
  // The tests in web/tests/settings have more cases of both.
  const kept = '{"strength":12,"mix":0.8,"model":"x","quietGain":700,"loudness":-16}';
  await page.addInitScript((kept) => localStorage.setItem('enhancer.settings', kept), kept);
  await page.goto(isolated);
  await choose(page, recording('mono.mp3'));
  await expect(removal(page)).toHaveValue('60');
  await expect(page.getByRole('radio', { name: 'Full band' })).toBeChecked();
  await expect(page.getByRole('combobox', { name: 'Quiet speech' })).toHaveValue('auto');
  await expect(page.getByRole('combobox', { name: 'Loudness' })).toHaveValue('-16');
});

test('closing the tab asks first while work is unfinished or results are unsaved', async ({
  page,
  isolated,
}) => {
  await open(page, isolated);
  const asks = () =>
    page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await asks()).toBe(false);
  const during = page.waitForFunction(
    () =>
      document.querySelector('.row.working') &&
      !dispatchEvent(new Event('beforeunload', { cancelable: true })),
  );
  await choose(page, SAMPLE);
  await during;
  await untilDone(page, 'sample.wav');
  expect(await asks()).toBe(true);
  await save(page, 'sample.wav', 'Save what was removed');
  expect(await asks()).toBe(true);
  await save(page, 'sample.wav');
  await expect(row(page, 'sample.wav').locator('.status')).toHaveText('Saved');
  expect(await asks()).toBe(false);
});

async function onEachScreen(page: Page, check: (page: Page) => Promise<void>): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      await check(page);
    }
  }
}

async function expectNoViolations(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}

const removal = (page: Page) => page.getByRole('slider', { name: 'Noise removal' });

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const label =
        element instanceof HTMLInputElement
          ? element.labels?.[0]?.textContent
          : element?.textContent;
      return element?.getAttribute('aria-label') ?? label ?? '';
    });
    if (focused.trim() === name) return;
  }
  throw new Error(`nothing called ${name} can be reached by Tab`);
}
