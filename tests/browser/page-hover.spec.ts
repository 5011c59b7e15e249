/** Buttons under the mouse: their sign or text stays visible. */
import type { Locator } from '@playwright/test';
import { expect, test } from './support/fixtures.ts';
import { choose, open, recording, untilDone } from './support/page.ts';
import { expectInside } from './support/pixels.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block', viewport: { width: 1280, height: 900 } });

const COLOURS = [
  { colorScheme: 'light', forcedColors: 'none' },
  { colorScheme: 'dark', forcedColors: 'none' },
  { colorScheme: 'light', forcedColors: 'active' },
] as const;

test('buttons with signs keep their contrast under the mouse, in all colours', async ({
  page,
  isolated,
}) => {
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const look = async (...buttons: Locator[]) => {
    for (const media of COLOURS) {
      await page.emulateMedia(media);
      for (const button of buttons) {
        await button.hover();
        await expectInside(button);
      }
    }
  };
  await open(page, isolated);
  await look(button('Play the sample'), page.locator('.privacy'), page.locator('.record'));
  await choose(page, recording('mono.mp3'));
  await untilDone(page, 'mono.mp3');
  await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
  await look(
    page.locator('.player-play'),
    button('Zoom in'),
    page.locator('.row .name'),
    button(/^Save enhanced/),
  );
});
