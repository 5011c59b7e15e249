import { type Obstacle, obstacle } from 'enhancer-wasm';

/** Says that the page was loaded again for its isolation; if that did not help, a second time will not. */
const TRIED = 'enhancer.reloaded-for-isolation';

/**
 * Why the page cannot work here, or nothing. Where only the host's headers are missing,
 * waits for the service worker, which sends them, and loads the page again: then this
 * never resolves.
 */
export async function settleIsolation(
  install: () => Promise<boolean>,
): Promise<Obstacle | undefined> {
  const found = obstacle();
  if (found?.code !== 'not_isolated') {
    mark(false);
    return found;
  }
  if (isMarked() || !(await install())) return found;
  mark(true);
  // What cannot be marked might reload for ever.
  if (!isMarked()) return found;
  location.reload();
  return new Promise(() => {});
}

function mark(tried: boolean): void {
  try {
    if (tried) sessionStorage.setItem(TRIED, 'yes');
    else sessionStorage.removeItem(TRIED);
  } catch {
    // Nothing can be kept here; `isMarked` tells.
  }
}

function isMarked(): boolean {
  try {
    return sessionStorage.getItem(TRIED) !== null;
  } catch {
    return false;
  }
}
