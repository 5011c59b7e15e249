/** Enhances a recording in each browser, for tests/bench/engines.mjs, which passes the recording and the target. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { chromium } from '@playwright/test';
import { startFirefox } from './engines/firefox.ts';
import { watchMemory } from './engines/memory.ts';
import type { Tab } from './engines/tab.ts';
import { startWebKit } from './engines/webkit.ts';
import config from './playwright.config.ts';
import { expect, test } from './support/fixtures.ts';
import { ROOT } from './support/paths.ts';

const FOLDER = process.env['ENGINES_FOLDER'] ?? '';

/** A running browser with a tab. */
interface Running {
  pid: number;
  tab: Pick<Tab, 'goto' | 'evaluate'>;
  close(): Promise<void>;
}

const BROWSERS: Record<string, () => Promise<Running>> = {
  chromium: startChromium,
  firefox: () => visited(startFirefox),
  webkit: () => visited(startWebKit),
};

async function startChromium(): Promise<Running> {
  const server = await chromium.launchServer(config.use?.launchOptions ?? {});
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage();
  return {
    pid: server.process().pid ?? 0,
    tab: {
      goto: async (address) => void (await page.goto(address)),
      evaluate: (work, ...given) =>
        page.evaluate(`(${String(work)})(...${JSON.stringify(given)})`) as never,
    },
    close: () => server.close(),
  };
}

async function visited(start: typeof startFirefox): Promise<Running> {
  const browser = await start();
  const { tab } = await browser.visit();
  return { pid: browser.pid, tab, close: browser.close };
}

for (const [name, start] of Object.entries(BROWSERS)) {
  test(name, async ({ repository }) => {
    const { pid, tab, close } = await start();
    await tab.goto(`${repository}/tests/browser/package/blank.html`);
    const memory = watchMemory(pid);
    const before = memory.now();
    const address = `/${relative(ROOT, join(FOLDER, 'noisy.wav'))}`;
    const { base64, ...figures } = await tab.evaluate(enhance, address);
    const file = join(FOLDER, `${name}.wav`);
    writeFileSync(file, Buffer.from(base64, 'base64'));
    const json = JSON.stringify({ ...figures, bytes: memory.stop().most - before });
    writeFileSync(join(FOLDER, `${name}.json`), json);
    await close();
    expect(base64.length).toBeGreaterThan(0);
  });
}

/** Runs in the page. The second run is timed: the first one compiles. */
async function enhance(address: string) {
  const where = '/crates/enhancer-wasm/dist/index.js';
  const { Enhancer } = (await import(where)) as typeof import('enhancer-wasm');
  const source = await (await fetch(address)).blob();
  const marks = [performance.now()];
  const enhancer = await Enhancer.load('/models/compiled/deepfilternet3');
  marks.push(performance.now());
  await enhancer.enhanceFile(source);
  marks.push(performance.now());
  const result = await enhancer.enhanceFile(source);
  marks.push(performance.now());
  const bytes = new Uint8Array(await result.arrayBuffer());
  const parts = Array.from({ length: Math.ceil(bytes.length / 9999) }, (_, at) =>
    btoa(String.fromCharCode(...bytes.subarray(9999 * at, 9999 * (at + 1)))),
  );
  const [load, first, second] = marks.slice(1).map((mark, at) => (mark - (marks[at] ?? 0)) / 1000);
  return { threads: enhancer.threads, load, first, second, base64: parts.join('') };
}
