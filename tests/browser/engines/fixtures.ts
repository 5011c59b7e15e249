/** Firefox and WebKit as Debian packages them. Playwright cannot drive these builds. */
import { test as base } from '../support/fixtures.ts';
import { startFirefox } from './firefox.ts';
import type { Browser, Visitor } from './tab.ts';
import { startWebKit } from './webkit.ts';

const START = { firefox: startFirefox, webkit: startWebKit };

export interface Options {
  engine: keyof typeof START;
}

export const test = base.extend<{ visitor: Visitor }, Options & { driven: Browser }>({
  // Set by the project.
  engine: ['firefox', { option: true, scope: 'worker' }],
  driven: [
    async ({ engine }, use) => {
      const browser = await START[engine]();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  visitor: async ({ driven }, use) => {
    const visitor = await driven.visit();
    await use(visitor);
    await visitor.leave();
  },
});

export { expect } from '@playwright/test';
