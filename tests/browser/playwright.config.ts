import { cpus } from 'node:os';
import { defineConfig } from '@playwright/test';
import type { Options } from './engines/fixtures.ts';
import { program } from './support/programs.ts';

/** The browser that `make setup` found or installed. Playwright's own browser is not downloaded. */
const chromium = program(
  'browser',
  ...['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'],
);

/** Turns off what no test needs, and what would contact Google. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-sync',
];
/** Chromium's sandbox does not run as root. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/**
 * On a busy machine Firefox sometimes hangs under WebDriver (about once in 40 loads), and WebKit
 * draws in software. Tests that pass only at a second try are listed as flaky.
 */
const retries = 2;

export default defineConfig<object, Options>({
  testDir: '.',
  outputDir: '../../target/browser',
  // A test mostly waits for its browser.
  workers: Math.max(2, cpus().length >> 1),
  fullyParallel: true,
  // Far more than any test needs: a test that hangs fails.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  reporter: 'list',
  projects: [
    { name: 'chromium', testIgnore: 'engines/**' },
    { name: 'firefox', testMatch: 'engines/*.spec.ts', use: { engine: 'firefox' }, retries },
    { name: 'webkit', testMatch: 'engines/*.spec.ts', use: { engine: 'webkit' }, retries },
  ],
  use: {
    launchOptions: { executablePath: chromium, args: [...quiet, ...sandbox] },
    // Tests also see what the page's service worker fetches.
    serviceWorkers: 'allow',
    trace: 'off',
  },
});
