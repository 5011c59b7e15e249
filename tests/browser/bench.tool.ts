/** Prints how soon the page can be used, and how much it loads. */
import type { BrowserContext, Page } from '@playwright/test';
import { keep, median } from './support/figures.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, untilOffline } from './support/page.ts';

const RUNS = 5;

/** Bytes that came over the network, by kind. */
interface Load {
  wasm: number;
  model: number;
  rest: number;
}

/** Milliseconds from the navigation to the first enhanced second of the built-in sample. */
async function firstSecond(page: Page, address: string): Promise<number> {
  await page.goto(address);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  const mark = await page.waitForFunction(
    () => performance.getEntriesByName('first second enhanced')[0]?.startTime,
  );
  return (await mark.jsonValue()) ?? Number.NaN;
}

/** Counts what the page and its workers load, as long as the page lives. */
async function count(page: Page): Promise<Load> {
  const load: Load = { wasm: 0, model: 0, rest: 0 };
  page.context().on('requestfinished', async (request) => {
    const response = await request.response();
    if (!response || response.fromServiceWorker() || request.url().startsWith('blob:')) return;
    const { responseBodySize } = await request.sizes();
    const what = /\.wasm$/.test(request.url())
      ? 'wasm'
      : /\.network/.test(request.url())
        ? 'model'
        : 'rest';
    load[what] += responseBodySize;
  });
  return load;
}

/** The lengths, in milliseconds, of tasks above 50 ms on the page's own thread while it enhances three files. */
async function longTasks(page: Page, address: string): Promise<number[]> {
  await open(page, address);
  await untilOffline(page);
  await page.evaluate(() => {
    window.longTasks = [];
    new PerformanceObserver((list) =>
      window.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({ type: 'longtask' });
  });
  await choose(page, SAMPLE, recording('16.flac'), recording('mono.mp3'));
  await expect(page.locator('.summary')).toContainText('3 of 3 done');
  return page.evaluate(() => window.longTasks);
}

declare global {
  interface Window {
    longTasks: number[];
  }
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(2);

test('the first second, and what is loaded for it', async ({ browser, enhancer }) => {
  const cold: number[] = [];
  const warm: number[] = [];
  let load: Load | undefined;
  for (let run = 0; run < RUNS; run++) {
    const context: BrowserContext = await browser.newContext();
    const page = await context.newPage();
    const counted = await count(page);
    cold.push(await firstSecond(page, enhancer));
    load ??= { ...counted };
    await page.close();
    warm.push(await firstSecond(await context.newPage(), enhancer));
    await context.close();
  }
  keep({ first_second: median(warm) / 1000 });
  const seconds = (values: number[]) => (median(values) / 1000).toFixed(2);
  console.log(`
From the navigation to the first enhanced second of the built-in sample, medians of ${RUNS}:

| | seconds |
|---|--:|
| first visit | ${seconds(cold)} |
| later visits | ${seconds(warm)} |

Until then the first visit loaded, compressed, in MB:

| wasm | model | all else |
|--:|--:|--:|
| ${mb(load?.wasm ?? 0)} | ${mb(load?.model ?? 0)} | ${mb(load?.rest ?? 0)} |
`);
});

test('how long the page itself is busy', async ({ page, enhancer }) => {
  const tasks = await longTasks(page, enhancer);
  const longest = Math.max(0, ...tasks).toFixed(0);
  console.log(`
While it enhances three files, the page's own thread has ${tasks.length} tasks of more than 50 ms, the
longest of ${longest} ms.
`);
});
