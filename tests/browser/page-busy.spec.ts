import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, untilOffline } from './support/page.ts';

// A task is long too when others keep the processor from it; what is the page's own fault is so
// each time.
test.describe.configure({ retries: 3 });

test('the page is never busy for long while it enhances', async ({ page, plain }) => {
  await open(page, plain);
  await untilOffline(page);
  await page.evaluate(() => {
    window.longTasks = [];
    new PerformanceObserver((list) =>
      window.longTasks.push(...list.getEntries().map((entry) => entry.duration)),
    ).observe({ type: 'longtask' });
  });
  await choose(page, SAMPLE, recording('16.flac'), recording('mono.mp3'));
  await expect(page.locator('.summary')).toContainText('3 of 3 done');
  expect(await page.evaluate(() => window.longTasks)).toEqual([]);
});

declare global {
  interface Window {
    /** In milliseconds, those over 50. */
    longTasks: number[];
  }
}
