/** Takes the screenshot at the top of the README. */
import { join } from 'node:path';
import { expect, test } from './support/fixtures.ts';
import { open, untilDone } from './support/page.ts';
import { ROOT } from './support/paths.ts';

test.use({ viewport: { width: 1280, height: 800 } });

test('the page with the enhanced sample', async ({ page, enhancer }) => {
  await open(page, enhancer);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await untilDone(page, 'sample');
  await expect(page.locator('.player-sight[data-drawing]')).toHaveCount(0);
  await expect(page.locator('.player-matching')).toContainText('dB');
  await page.screenshot({ path: join(ROOT, 'web/screenshot.png') });
});
