import { expect, test as base, type Page } from '@playwright/test';
import type { MixState } from '../../../web/src/player';
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

/** Opens the page with one player, drawn. */
export async function open(
  page: Page,
  site: string,
  recipe: Recipe,
  mix: MixState = { wet: 1, gainDb: 0 },
) {
  await page.goto(site);
  await page.evaluate(([recipe, mix]) => window.harness.create(recipe, mix), [
    recipe,
    mix,
  ] as const);
  await drawn(page);
}

/** Waits until the pictures are complete. */
export async function drawn(page: Page) {
  await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
}

/** Where the first player is, seconds. */
export function position(page: Page): Promise<number> {
  return page.evaluate(() => window.harness.players[0]?.position ?? Number.NaN);
}
