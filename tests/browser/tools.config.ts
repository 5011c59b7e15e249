/** Programs that are run by hand or by `make bench`. They make figures and pictures, and are not tests. */
import base from './playwright.config.ts';

export default {
  ...base,
  workers: 1,
  projects: [{ name: 'chromium' }],
  testMatch: '*.tool.ts',
  reporter: 'line' as const,
};
