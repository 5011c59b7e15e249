import { expect, test as base, type Page } from '@playwright/test';
import type { Wanted } from '../../../web/src/player';
import { startSite } from './site';
import type { Recipe } from './synthetic_take';

interface Site {
  /** The address of the page with the players. */
  site: string;
}

/** A test function with the players' page. */
export const test = base.extend<object, Site>({
  site: [
    // Playwright reads from this pattern which fixtures are needed: none.
    async ({}, use) => {
      const site = await startSite();
      await use(site.url);
      await site.close();
    },
    { scope: 'worker' },
  ],
});

/** Opens the page with one player, waits until it is drawn, and turns off equal loudness. */
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

/** The position of the first player, seconds. */
export function position(page: Page): Promise<number> {
  return page.evaluate(() => window.harness.players[0]?.position ?? Number.NaN);
}
