import { signal } from '@preact/signals';

/** What a screen reader says next. */
export const announcement = signal('');

/** Has it said when there is a pause. */
export function announce(text: string): void {
  // The same text twice would not be said again.
  announcement.value = announcement.peek() === text ? `${text}\u00a0` : text;
}
