import { threadsObstacle } from 'enhancer-wasm';

/** Marks that the page was reloaded to isolate it. If one reload does not help, a second will not either. */
const TRIED = 'enhancer.reloaded-for-isolation';

/**
 * If threads fail only for lack of the host's headers, waits for the service worker, which sends
 * them, and reloads the page; then this never resolves. If that does not help, the page works
 * without threads.
 */
export async function settleIsolation(install: () => Promise<boolean>): Promise<void> {
  if (threadsObstacle()?.code !== 'not_isolated') {
    mark(false);
    return;
  }
  if (isMarked() || !(await install())) return;
  mark(true);
  // Without the mark the page might reload for ever.
  if (!isMarked()) return;
  location.reload();
  await new Promise(() => {});
}

function mark(tried: boolean): void {
  try {
    if (tried) sessionStorage.setItem(TRIED, 'yes');
    else sessionStorage.removeItem(TRIED);
  } catch {
    // The browser allows no storage here; `isMarked` then returns false.
  }
}

function isMarked(): boolean {
  try {
    return sessionStorage.getItem(TRIED) !== null;
  } catch {
    return false;
  }
}
