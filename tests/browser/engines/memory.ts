/** The memory of a browser, which consists of many processes. */
import { readFileSync, readdirSync } from 'node:fs';

/** How often the memory is read, in milliseconds. */
const INTERVAL = 100;

/**
 * Watches the memory of a process and all its descendants, in bytes. `now` returns the present value,
 * `stop` the smallest and the largest value so far.
 */
export function watchMemory(pid: number): {
  now(): number;
  stop(): { least: number; most: number };
} {
  const seen = { least: Infinity, most: 0 };
  const look = () => {
    const bytes = memoryOf(pid);
    seen.least = Math.min(seen.least, bytes);
    seen.most = Math.max(seen.most, bytes);
    return bytes;
  };
  look();
  const timer = setInterval(look, INTERVAL);
  return {
    now: look,
    stop: () => {
      clearInterval(timer);
      return seen;
    },
  };
}

/** Memory that belongs to the process only: mapped files and libraries belong to the system. */
function memoryOf(pid: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    parents.set(Number(name), Number(field(name, 'PPid') ?? 0));
  }
  const isOurs = (of: number): boolean => of === pid || (of > 1 && isOurs(parents.get(of) ?? 0));
  return [...parents.keys()]
    .filter(isOurs)
    .reduce((sum, of) => sum + 1024 * Number(field(String(of), 'RssAnon') ?? 0), 0);
}

function field(pid: string, name: string): string | undefined {
  try {
    return new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    )?.[1];
  } catch {
    // The process has ended.
    return undefined;
  }
}
