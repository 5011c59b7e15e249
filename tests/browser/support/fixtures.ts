import { test as base, type WorkerFixture } from '@playwright/test';
import { serve } from './enhancer.ts';
import { PAGE, ROOT } from './paths.ts';
import { ISOLATION, serveFiles } from './static_server.ts';

/** Addresses of servers. A server runs as long as the tests that use it. */
export interface Servers {
  /** The real server, with the built page. */
  enhancer: string;
  /** The built page behind a plain file server. Its service worker loads it a second time to isolate it. */
  plain: string;
  /** The built page behind a file server that isolates it. */
  isolated: string;
  /** The repository's files, on isolated pages. */
  repository: string;
  /** The repository's files, without any special header. */
  bare: string;
}

type Serve = () => Promise<{ url: string; close(): Promise<void> }>;

/** A server that is started by the first test that asks for it. */
function fixture(start: Serve): [WorkerFixture<string, object>, { scope: 'worker' }] {
  return [
    // Playwright reads from this pattern which fixtures are needed: none.
    async ({}, use) => {
      const server = await start();
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ];
}

export const test = base.extend<object, Servers>({
  enhancer: fixture(serve),
  plain: fixture(() => serveFiles(PAGE)),
  isolated: fixture(() => serveFiles(PAGE, ISOLATION)),
  repository: fixture(() => serveFiles(ROOT, ISOLATION)),
  bare: fixture(() => serveFiles(ROOT)),
});

export { expect } from '@playwright/test';
