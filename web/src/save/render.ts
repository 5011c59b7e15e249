import type { RenderOptions, Run, Take } from 'enhancer-wasm';
import { sentence } from '../common/sentence';
import type { Item } from '../queue/item';
import type { Format, Settings } from '../settings/settings';
import { BEGUN_MS } from './download';
import type { Output } from '../queue/saved';

/** What a chosen format is, as the package takes it. */
export const DESTINATIONS = {
  mp3: { container: 'mp3' },
  opus: { container: 'opus' },
  m4a: { container: 'm4a' },
  wav16: { container: 'wav', sampleFormat: 's16le' },
  wav24: { container: 'wav', sampleFormat: 's24le' },
  wavFloat: { container: 'wav', sampleFormat: 'f32le' },
  flac16: { container: 'flac', sampleFormat: 's16le' },
  flac24: { container: 'flac', sampleFormat: 's24le' },
} as const satisfies Record<Exclude<Format, 'source'>, RenderOptions['destination']>;

/** The settings, as the package takes them. */
export function renderOptions({ removal, level, loudness, format }: Settings): RenderOptions {
  return {
    mix: removal / 100,
    ...(level && { level }),
    ...(loudness !== null && { loudness }),
    ...(format !== 'source' && { destination: DESTINATIONS[format] }),
  };
}

/** What is to be saved. */
export interface Rendered {
  blob: Blob;
  /** What there is to know of this file alone, as sentences: all else stands beside the result. */
  warnings: readonly string[];
  /** Frees the room that it takes, when it was copied to where it is saved. */
  discard: Discard;
}

type Discard = () => Promise<void>;

/** What may still be on its way to the downloads. */
const downloading = new WeakMap<Item, Discard>();

/** Keeps what was handed to the downloads until the item's next save. */
export function keepForDownload(item: Item, discard: Discard): void {
  downloading.set(item, discard);
}

/** Discards what was handed to the downloads of an item that is gone, or is saved again. */
export function forgetDownload(item: Item): void {
  const discard = downloading.get(item);
  downloading.delete(item);
  // It may have been saved just now, and a page cannot see when a download ends.
  if (discard) setTimeout(discard, BEGUN_MS);
}

/** The file to save of an item that has something made, as the settings are now. No network runs. */
export async function render(
  item: Item,
  settings: Settings,
  output: Output = 'enhanced',
): Promise<Rendered> {
  const made = item.made.peek();
  if (!made) throw new Error(`${item.name} is not enhanced yet`);
  item.saving.value = 0;
  const known = new Set(made.take.summary.warnings.map(({ code }) => code));
  let warnings: string[] = [];
  const run: Run = {
    onProgress: ({ fraction }) => {
      if (fraction !== undefined) item.saving.value = fraction;
    },
    onSummary: (summary) => {
      const own = summary.warnings.filter(({ code }) => !known.has(code));
      warnings = own.map(({ text }) => sentence(text));
    },
  };
  try {
    // What was removed is sound only: nobody watches that.
    const audioOnly = settings.format !== 'source' || output === 'removed';
    // Nor are there talkers in it.
    const level = settings.level && output === 'enhanced';
    const options = { ...renderOptions({ ...settings, level }), output, audioOnly };
    const blob = await made.take.render(options, run);
    forgetDownload(item);
    return { blob, warnings, discard: () => discardResult(made.take, blob) };
  } finally {
    item.saving.value = undefined;
  }
}

/** What some program still reads may refuse. Then it goes with the page. */
async function discardResult(take: Take, result: Blob): Promise<void> {
  await take.discardResult(result).catch(() => {});
}
