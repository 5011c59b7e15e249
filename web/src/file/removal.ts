import { signal } from '@preact/signals';
import { announce } from '../common/announce';
import { forgetDownload } from '../save/render';
import type { Item } from '../queue/item';
import { items, selected, startWaiting, stop } from '../queue/queue';

/** How long a removal can be undone, in milliseconds. */
const UNDO_MS = 10_000;

/**
 * The items that were removed last, in the order of the list, with their places; empty once the
 * time to undo is over.
 */
export const removed = signal<readonly { item: Item; at: number }[]>([]);

let timer = 0;

/** Removes items from the list. Their results are kept as long as this can be undone. */
export function remove(...gone: readonly Item[]): void {
  forget();
  const before = items.peek();
  removed.value = gone
    .map((item) => ({ item, at: before.indexOf(item) }))
    .sort((a, b) => a.at - b.at);
  gone.forEach(stop);
  const rest = before.filter((item) => !gone.includes(item));
  items.value = rest;
  const open = selected.peek();
  if (open && gone.includes(open)) {
    selected.value = rest[Math.min(before.indexOf(open), rest.length - 1)];
  }
  timer = window.setTimeout(forget, UNDO_MS);
  announce(`Removed: ${removedText()}. Undo is offered for ten seconds.`);
  startWaiting();
}

/** Puts the items that were removed last back in their places. Returns the first of them. */
export function undoRemoval(): Item | undefined {
  clearTimeout(timer);
  const back = removed.peek();
  const all = [...items.peek()];
  for (const { item, at } of back) all.splice(at, 0, item);
  announce(`Back again: ${removedText()}.`);
  items.value = all;
  removed.value = [];
  return back[0]?.item;
}

/** The last removal in words. */
export function removedText(): string {
  const [first, ...more] = removed.value;
  return more.length > 0 ? `${more.length + 1} files` : (first?.item.name ?? '');
}

function forget(): void {
  clearTimeout(timer);
  for (const { item } of removed.peek()) {
    void item.made.peek()?.take.discard();
    forgetDownload(item);
  }
  removed.value = [];
}
