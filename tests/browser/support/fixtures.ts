import { test as base } from '@playwright/test';
import { serve } from './enhancer.ts';
import { PAGE, ROOT } from './paths.ts';
import { ISOLATION, serveFiles } from './static_server.ts';

/** Addresses of servers that run as long as the tests that ask for them. */
export interface Servers {
  /** The real server, with the built page. */
  enhancer: string;
  /** The built page behind a plain file server. */
  plain: string;
  /** The repository's files, on isolated pages. */
  repository: string;
}

export const test = base.extend<object, Servers>({
  enhancer: [
    async ({}, use) => {
      const server = await serve();
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
  plain: [
    async ({}, use) => {
      const server = await serveFiles(PAGE);
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
  repository: [
    async ({}, use) => {
      const server = await serveFiles(ROOT, ISOLATION);
      await use(server.url);
      await server.close();
    },
    { scope: 'worker' },
  ],
});

export { expect } from '@playwright/test';
