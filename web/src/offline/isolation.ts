import { threadsObstacle } from 'enhancer-wasm';

/** Says that the page was loaded again for its isolation; if that did not help, a second time will not. */
const TRIED = 'enhancer.reloaded-for-isolation';

/**
 * Where only the host's headers stand in the way of threads, waits for the service worker, which
 * sends them, and loads the page again: then this never resolves. If that does not help, the page
 * works without threads.
 */
export async function settleIsolation(install: () => Promise<boolean>): Promise<void> {
  if (threadsObstacle()?.code !== 'not_isolated') {
    mark(false);
    return;
  }
  if (isMarked() || !(await install())) return;
  mark(true);
  // What cannot be marked might reload for ever.
  if (!isMarked()) return;
  location.reload();
  await new Promise(() => {});
}

function mark(tried: boolean): void {
  try {
    if (tried) sessionStorage.setItem(TRIED, 'yes');
    else sessionStorage.removeItem(TRIED);
  } catch {
    // Nothing can be kept here; `isMarked` says so.
  }
}

function isMarked(): boolean {
  try {
    return sessionStorage.getItem(TRIED) !== null;
  } catch {
    return false;
  }
}
