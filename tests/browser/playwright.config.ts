import { cpus } from 'node:os';
import { defineConfig } from '@playwright/test';
import { program } from './support/programs.ts';

/** The browser that `make setup` found or installed; Playwright's own is not downloaded. */
const chromium = program('chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser');

/** What no test needs, and what would call home. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-sync',
];
/** Chromium's sandbox does not run as root. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

const REAL_TIME = ['player.spec.ts', 'page-busy.spec.ts'];

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
  projects: [
    { name: 'quiet', testIgnore: [...REAL_TIME, 'firefox/**'] },
    // What another test takes from the processor would be heard, or seen as a pause.
    { name: 'real time', testMatch: REAL_TIME, fullyParallel: false, workers: 1 },
    // One Firefox for all: to start another takes longer than a test.
    { name: 'firefox', testMatch: 'firefox/*.spec.ts', workers: 1 },
  ],
  use: {
    launchOptions: { executablePath: chromium, args: [...quiet, ...sandbox] },
    // What the page's service worker fetches is seen too.
    serviceWorkers: 'allow',
    trace: 'off',
  },
});
