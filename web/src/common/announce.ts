import { signal } from '@preact/signals';

/** The next text for screen readers. */
export const announcement = signal('');

/** Queues a text for screen readers. */
export function announce(text: string): void {
  // Screen readers do not repeat an unchanged text.
  announcement.value = announcement.peek() === text ? `${text}\u00a0` : text;
}
