import type { RenderOptions, Run, Take } from 'enhancer-wasm';
import { sentence } from '../common/sentence';
import type { Item } from '../queue/item';
import type { Format, Settings } from '../settings/settings';
import { BEGUN_MS } from './download';
import type { Output } from '../queue/saved';

/** The chosen format as options of the package. */
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

/** The settings as options of the package. */
export function renderOptions({ removal, level, loudness, format }: Settings): RenderOptions {
  return {
    mix: removal / 100,
    ...(level && { level }),
    ...(loudness !== null && { loudness }),
    ...(format !== 'source' && { destination: DESTINATIONS[format] }),
  };
}

/** A rendered result to save. */
export interface Rendered {
  blob: Blob;
  /** Warnings about this file only, as sentences. Other warnings stand beside the result. */
  warnings: readonly string[];
  /** Frees its storage, after it was copied to where it is saved. */
  discard: Discard;
}

type Discard = () => Promise<void>;

/** Results that the browser may still be copying to its downloads. */
const downloading = new WeakMap<Item, Discard>();

/** Keeps a downloaded result until the item's next save. */
export function keepForDownload(item: Item, discard: Discard): void {
  downloading.set(item, discard);
}

/** Discards the downloaded result of an item that was removed or is saved again. */
export function forgetDownload(item: Item): void {
  const discard = downloading.get(item);
  downloading.delete(item);
  // The download may have begun just now, and a page cannot see when it ends.
  if (discard) setTimeout(discard, BEGUN_MS);
}

/** Renders the file to save from an item's result, with the present settings. No network runs. */
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
    // The removed part is saved as sound only: nobody watches it.
    const audioOnly = settings.format !== 'source' || output === 'removed';
    // It has no talkers to level either.
    const level = settings.level && output === 'enhanced';
    const options = { ...renderOptions({ ...settings, level }), output, audioOnly };
    const blob = await made.take.render(options, run);
    forgetDownload(item);
    return { blob, warnings, discard: () => discardResult(made.take, blob) };
  } finally {
    item.saving.value = undefined;
  }
}

/** Ignores a failure: another program may still read the file. Then it is discarded with the page. */
async function discardResult(take: Take, result: Blob): Promise<void> {
  await take.discardResult(result).catch(() => {});
}
