import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What axe finds in the page, or in the part of it that the selector finds: the rule and the elements. */
export async function violations(page: Page, selector?: string): Promise<string[]> {
  // The other mode opens a page more for each look, for frames of other origins. Here are none.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const found = await (selector === undefined ? axe : axe.include(selector)).analyze();
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
  );
}
