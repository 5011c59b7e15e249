import { expect, test as base, type Page } from '@playwright/test';
import type { Wanted } from '../../../web/src/player';
import { startSite } from './site';
import type { Recipe } from './synthetic_take';

interface Site {
  /** Where the page with the players is served. */
  site: string;
}

/** Tests with the players' page at hand. */
export const test = base.extend<object, Site>({
  site: [
    // Playwright reads the fixtures that one needs from this pattern.
    async ({}, use) => {
      const site = await startSite();
      await use(site.url);
      await site.close();
    },
    { scope: 'worker' },
  ],
});

/** Opens the page with one player, drawn, which plays both as loud as they are. */
export async function open(
  page: Page,
  site: string,
  recipe: Recipe,
  wanted: Wanted = { wet: 1, target: null },
) {
  await page.goto(site);
  await page.evaluate(([recipe, wanted]) => window.harness.create(recipe, wanted), [
    recipe,
    wanted,
  ] as const);
  await drawn(page);
  await expect(page.locator('.player-matching')).not.toContainText('Measuring');
  await page.getByRole('checkbox', { name: 'Same loudness' }).uncheck();
}

/** Waits until the pictures are complete. */
export async function drawn(page: Page) {
  await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
}

/** Where the first player is, seconds. */
export function position(page: Page): Promise<number> {
  return page.evaluate(() => window.harness.players[0]?.position ?? Number.NaN);
}
