import { size } from '../app/units';
import type { Item } from '../queue/item';
import type { Format, Settings } from '../settings/settings';

/** What a save would write. */
interface Planned {
  container: 'wav' | 'flac';
  sampleBytes: number | undefined;
}

const CHOSEN: Record<Exclude<Format, 'source'>, Planned> = {
  wav16: { container: 'wav', sampleBytes: 2 },
  wav24: { container: 'wav', sampleBytes: 3 },
  wavFloat: { container: 'wav', sampleBytes: 4 },
  flac16: { container: 'flac', sampleBytes: 2 },
  flac24: { container: 'flac', sampleBytes: 3 },
};

/** FLAC keeps about so much of the upper 16 bits of enhanced speech, and all below them, which is noise. */
const FLAC_SHARE = 0.4;

const WAV_HEADER = 44;

/** The format and the size of what a save would write, as far as they are known: `WAV, 912 kB`. */
export function plannedText(item: Item, settings: Settings): string {
  const planned = plannedOf(item, settings);
  const made = item.made.value;
  if (!planned || !made) return '';
  const { container, sampleBytes } = planned;
  const name = container.toUpperCase();
  if (sampleBytes === undefined) return name;
  const { samples, channels } = made.take.summary;
  const count = samples * channels;
  if (container === 'wav') return `${name}, ${size(WAV_HEADER + count * sampleBytes)}`;
  return `${name}, about ${size(count * (sampleBytes - 2 + 2 * FLAC_SHARE))}`;
}

/** The container of what a save would write, once it is known. */
export function plannedContainer(item: Item, settings: Settings): 'wav' | 'flac' | undefined {
  return plannedOf(item, settings)?.container;
}

function plannedOf({ kind }: Item, { format }: Settings): Planned | undefined {
  if (format !== 'source') return CHOSEN[format];
  const known = kind.value;
  return known && { container: known.container, sampleBytes: known.sampleBytes };
}
