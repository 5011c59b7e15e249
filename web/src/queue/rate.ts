import { rater as files } from 'virtual:site';
import { effect, signal } from '@preact/signals';
import { type Comparison, EnhancerError, Rater } from 'enhancer-wasm';
import type { Item, Made } from './item';
import { busy, items, selected } from './queue';

interface Work {
  made: Made;
  controller: AbortController;
}

let loading: Promise<Rater> | undefined;
/** What is rated now. */
const work = signal<Work | undefined>(undefined);

/** Rates the results one after the other, the open one first, while there is nothing else to do. */
export function rateWhenIdle(): void {
  effect(() => {
    const now = work.value;
    // Files go first, and what is gone needs no rating.
    if (now && (busy.value || !isThere(now.made))) now.controller.abort();
    const next = now || busy.value ? undefined : nextOne();
    if (next) void rate(next.item, next.made);
  });
}

function nextOne(): { item: Item; made: Made } | undefined {
  const open = selected.value;
  for (const item of open ? [open, ...items.value] : items.value) {
    const made = item.made.value;
    if (made && item.rating.value?.of !== made) return { item, made };
  }
  return undefined;
}

function isThere(made: Made): boolean {
  return items.value.some((item) => item.made.value === made);
}

async function rate(item: Item, made: Made): Promise<void> {
  const controller = new AbortController();
  work.value = { made, controller };
  const comparison = await compare(made, controller.signal).catch(() => undefined);
  // What was interrupted gets its turn again. Of what cannot be rated nothing is shown.
  if (!controller.signal.aborted) item.rating.value = { of: made, comparison };
  work.value = undefined;
}

async function compare({ take }: Made, signal: AbortSignal): Promise<Comparison> {
  const rater = await loadOnce();
  signal.throwIfAborted();
  return rater.compare(take, {}, { signal }).catch((error: unknown) => {
    // The worker has ended, and the rater with it.
    if (error instanceof EnhancerError && error.code === 'workers') loading = undefined;
    throw error;
  });
}

function loadOnce(): Promise<Rater> {
  loading ??= Rater.load(new URL(files.address, document.baseURI)).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
