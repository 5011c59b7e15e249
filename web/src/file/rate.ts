import { effect, signal } from '@preact/signals';
import { EnhancerError } from 'enhancer-wasm';
import { announce } from '../common/announce';
import { dropRater, raterOf } from '../engine/engine';
import { ratingNotices } from './rating_notices';
import { saving } from '../save/save';
import type { Item, Made } from '../queue/item';
import { busy, items, selected } from '../queue/queue';

interface Work {
  made: Made;
  controller: AbortController;
}

/** The result that is being rated. */
const work = signal<Work | undefined>(undefined);
/**
 * Set after the rater failed: rating alone must not start another worker. New files start one, and
 * rating resumes.
 */
const paused = signal(false);

/** Rates the results one after the other, the open one first, while the page has nothing else to do. */
export function rateWhenIdle(): void {
  effect(() => {
    if (busy.value) paused.value = false;
    const isIdle = !busy.value && saving.value === 'none';
    const now = work.value;
    // Files and saves go first, and a removed result needs no rating.
    if (now && !(isIdle && isThere(now.made))) now.controller.abort();
    const next = isIdle && !now && !paused.value ? nextOne() : undefined;
    if (next) void rate(next.item, next.made);
  });
}

function nextOne(): { item: Item; made: Made } | undefined {
  const open = selected.value;
  for (const item of open ? [open, ...items.value] : items.value) {
    const made = item.made.value;
    if (made && made.comparison.value === undefined) return { item, made };
  }
  return undefined;
}

function isThere(made: Made): boolean {
  return items.value.some((item) => item.made.value === made);
}

async function rate(item: Item, made: Made): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  work.value = { made, controller };
  try {
    const rater = await raterOf();
    signal.throwIfAborted();
    made.comparison.value = await rater.compare(made.take, {}, { signal }).catch(noneOf);
    const doubt = ratingNotices(item).find(({ badge }) => badge);
    if (doubt) announce(`${item.name}: ${doubt.text}`);
  } catch {
    // An interrupted rating starts again later.
    if (!signal.aborted) paused.value = true;
  }
  work.value = undefined;
}

/** `none` if the take cannot be read. Rethrows other errors: the rater failed or was interrupted. */
function noneOf(error: unknown): 'none' {
  const code = error instanceof EnhancerError ? error.code : undefined;
  if (code === 'read' || code === 'corrupt_audio' || code === 'invalid_value') return 'none';
  if (code !== 'cancelled') dropRater();
  throw error;
}
