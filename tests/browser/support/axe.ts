import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** The violations that axe finds in the page, or in the part that the selector matches: rule and elements. */
export async function violations(page: Page, selector?: string): Promise<string[]> {
  // The other mode opens another page for each analysis, for frames of other origins. There are none.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const found = await (selector === undefined ? axe : axe.include(selector)).analyze();
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
  );
}
