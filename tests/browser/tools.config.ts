/** What is run by hand or by `make bench`: figures and pictures, no tests. */
import base from './playwright.config.ts';

const { projects: _, ...rest } = base;
export default { ...rest, workers: 1, testMatch: '*.tool.ts', reporter: 'line' as const };
