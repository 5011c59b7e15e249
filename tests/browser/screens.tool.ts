/** Takes pictures of the page in all its states on all kinds of screens, for people to look at. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { writeWav } from './support/audio.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, longSample, open, row, untilDone } from './support/page.ts';
import { ROOT } from './support/paths.ts';
import { makeVideo } from './support/video.ts';

const FOLDER = join(ROOT, 'target/screens');

const PHONE = { hasTouch: true, isMobile: true };
const SCREENS = {
  wide: { viewport: { width: 1920, height: 1000 } },
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, ...PHONE },
  small: { viewport: { width: 320, height: 640 }, ...PHONE },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  forced: { viewport: { width: 1280, height: 800 }, forcedColors: 'active' },
  'forced-dark': {
    viewport: { width: 1280, height: 800 },
    forcedColors: 'active',
    colorScheme: 'dark',
  },
} as const;

for (const [name, options] of Object.entries(SCREENS)) {
  test.describe(name, () => {
    test.use(options);

    test(`pictures, ${name}`, async ({ page, isolated }, info) => {
      const take = async (state: string) => {
        await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
        // Not with `fullPage`, which turns touch into a mouse.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ width: options.viewport.width, height });
        await page.screenshot({ path: join(FOLDER, `${state}-${name}.png`) });
        await page.setViewportSize(options.viewport);
      };
      const files = recordings((file) => info.outputPath(file));
      await open(page, isolated);
      await take('empty');
      await choose(page, files.long);
      await expect(page.locator('progress')).toHaveAttribute('value', /0\.[1-9]/);
      await take('working');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Remove' }).click();
      await choose(page, SAMPLE);
      await untilDone(page, 'sample.wav');
      await expect(page.locator('.rated')).toBeVisible();
      await take('done');
      await choose(page, files.noise, files.text);
      await untilDone(page, 'noise.wav');
      await openRow(page, 'noise.wav');
      await expect(row(page, 'noise.wav').locator('.doubt')).not.toHaveCount(0);
      await take('warning');
      await choose(page, makeVideo(info.outputPath('talk.mp4'), 8));
      await untilDone(page, 'talk.mp4');
      await openRow(page, 'talk.mp4');
      await page.locator('.player-position').click({ position: { x: 60, y: 60 } });
      await take('video');
      if (options.viewport.width < 820) {
        await page.getByRole('button', { name: /^Settings/ }).click();
        await take('settings');
      }
    });
  });
}

async function openRow(page: Page, name: string): Promise<void> {
  await row(page, name).locator('.name').click();
  await expect(row(page, name).locator('.player')).toBeVisible();
}

/** A long recording, one that is only noise, and a file that is not a recording. */
function recordings(path: (name: string) => string): Record<'long' | 'noise' | 'text', string> {
  const noise = Float32Array.from({ length: 3 * 48_000 }, () => (Math.random() - 0.5) / 5);
  writeFileSync(path('talk.wav'), longSample(60));
  writeFileSync(path('noise.wav'), writeWav({ sampleRate: 48_000, channels: 1, samples: noise }));
  writeFileSync(path('notes.wav'), 'This is a text.');
  return { long: path('talk.wav'), noise: path('noise.wav'), text: path('notes.wav') };
}
