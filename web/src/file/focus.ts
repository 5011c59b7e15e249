import type { Item } from '../queue/item';
import { items } from '../queue/queue';

/** The id of the button that opens an item's row. */
export function rowId({ id }: Item): string {
  return `file-${id}`;
}

/** Moves the focus to an item's row once it is on the page; without an item, to the drop area. */
export function focusRow(item: Item | undefined): void {
  requestAnimationFrame(() => {
    const row = item && document.getElementById(rowId(item));
    const target = row ?? document.querySelector<HTMLElement>('.ways button');
    target?.focus();
  });
}

/** The item whose row gets the focus when `gone` are removed: the next one that stays, or the last. */
export function neighbour(gone: readonly Item[]): Item | undefined {
  const all = items.peek();
  const first = all.findIndex((item) => gone.includes(item));
  const rest = all.filter((item) => !gone.includes(item));
  return rest[Math.min(first, rest.length - 1)];
}
