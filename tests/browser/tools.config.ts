/** What is run by hand or by `make bench`: figures and pictures, no tests. */
import base from './playwright.config.ts';

export default {
  ...base,
  workers: 1,
  projects: [{ name: 'chromium' }],
  testMatch: '*.tool.ts',
  reporter: 'line' as const,
};
