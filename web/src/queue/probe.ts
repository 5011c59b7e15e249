import type { Item } from './item';
import { kindOf, startOf } from './kind';

/**
 * Finds the formats and lengths of files, one file after the other. The browser's own reader, which
 * knows most formats, gives the length.
 */
let probed = Promise.resolve();

export function probe(items: readonly Item[]): void {
  for (const item of items) {
    probed = probed.then(async () => {
      // A file that cannot be read fails later, when it is enhanced, with a reason.
      const start = await startOf(item.file).catch(() => new Uint8Array());
      item.kind.value = kindOf(start, item.name);
      if (item.seconds.peek() !== undefined || start.length === 0) return;
      const seconds = await secondsOf(item.file);
      item.seconds.value ??= seconds;
    });
  }
}

/** The length of a recording; undefined if the browser cannot read it. */
async function secondsOf(file: Blob): Promise<number | undefined> {
  const url = URL.createObjectURL(file);
  const audio = new Audio();
  audio.preload = 'metadata';
  try {
    await new Promise((resolve) => {
      audio.onloadedmetadata = resolve;
      audio.onerror = resolve;
      audio.src = url;
    });
    return Number.isFinite(audio.duration) ? audio.duration : undefined;
  } finally {
    audio.removeAttribute('src');
    URL.revokeObjectURL(url);
  }
}
