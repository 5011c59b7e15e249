import type { Item } from './item';

/** Looks up how long files are, one after the other, by the browser's own reader: it knows most. */
let probed = Promise.resolve();

export function probe(items: readonly Item[]): void {
  for (const item of items) {
    probed = probed.then(async () => {
      if (item.seconds.peek() !== undefined) return;
      const seconds = await secondsOf(item.file);
      item.seconds.value ??= seconds;
    });
  }
}

/** Nothing if the browser cannot tell. */
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
