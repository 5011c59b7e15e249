/** Firefox, which Playwright cannot drive as it is installed: puppeteer does, by WebDriver BiDi. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { test as base } from '../support/fixtures.ts';
import { program } from '../support/programs.ts';

/** A tab of a visitor who was never here before, and where its downloads go. */
export interface Visitor {
  tab: Page;
  downloads: string;
}

interface Firefox {
  browser: Browser;
  downloads: string;
}

/** What would ask, or call home. */
const preferences = (downloads: string) => ({
  'browser.download.dir': downloads,
  'browser.download.folderList': 2,
  'browser.download.always_ask_before_handling_new_types': false,
  'browser.safebrowsing.downloads.enabled': false,
  // A host is one of this machine or none.
  'network.proxy.type': 0,
});

export const test = base.extend<{ visitor: Visitor }, { firefox: Firefox }>({
  firefox: [
    async ({}, use) => {
      const downloads = mkdtempSync(join(tmpdir(), 'enhancer-firefox-'));
      const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: program('firefox-esr', 'firefox'),
        extraPrefsFirefox: preferences(downloads),
        // As for tests: what hangs is a failure, not a wait.
        timeout: 120_000,
        protocolTimeout: 40_000,
      });
      await use({ browser, downloads });
      await browser.close();
      rmSync(downloads, { recursive: true });
    },
    { scope: 'worker' },
  ],
  visitor: async ({ firefox: { browser, downloads } }, use) => {
    const context = await browser.createBrowserContext();
    const tab = await context.newPage();
    // The page asks before results that are not saved are lost.
    tab.on('dialog', (dialog) => void dialog.accept());
    await use({ tab, downloads });
    await context.close();
  },
});

export { expect } from '@playwright/test';
