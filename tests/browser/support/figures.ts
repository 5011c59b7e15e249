import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './paths.ts';

const FILE = join(ROOT, 'target/bench/figures.json');

/** Stores figures for tests/bench/rows.py, which knows what their names mean. */
export function keep(figures: Record<string, number>): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify({ ...kept(), ...figures }, null, 1));
}

function kept(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, number>;
  } catch {
    // No figures so far.
    return {};
  }
}

/** The median. */
export const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
