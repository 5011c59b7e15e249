import { accessSync, constants } from 'node:fs';
import { cpus } from 'node:os';
import { delimiter, join } from 'node:path';
import { defineConfig } from '@playwright/test';

/** The browser that `make setup` found or installed; Playwright's own is not downloaded. */
function browser(): string {
  const names = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'];
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not there.
      }
    }
  }
  throw new Error(`none of ${names.join(', ')} is on PATH: run scripts/setup.sh browser`);
}

/** What no test needs, and what would call home. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-sync',
];
/** Chromium's sandbox does not run as root. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export default defineConfig({
  testDir: '.',
  outputDir: '../../target/browser',
  // A test mostly waits for its browser.
  workers: Math.max(2, cpus().length >> 1),
  fullyParallel: true,
  // Far more than anything takes: what hangs is a failure, not a wait.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    launchOptions: { executablePath: browser(), args: [...quiet, ...sandbox] },
    // What the page's service worker fetches is seen too.
    serviceWorkers: 'allow',
    trace: 'off',
  },
});
