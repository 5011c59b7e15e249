import type { Summary } from 'enhancer-wasm';
import { size } from '../app/units';
import type { Item } from '../queue/item';
import type { Settings } from '../settings/settings';
import { DESTINATIONS } from './render';

/** What a save would write. */
interface Planned {
  container: Container;
  /** Of what has one. */
  sampleBytes?: number | undefined;
}

type Container = 'wav' | 'flac' | 'mp3' | 'opus';

const SAMPLE_BYTES = { s16le: 2, s24le: 3, f32le: 4 };

/** FLAC keeps about so much of the upper 16 bits of enhanced speech, and all below them, which is noise. */
const FLAC_SHARE = 0.4;

const WAV_HEADER = 44;

/** The format and the size of what a save would write, as far as they are known: `WAV, 912 kB`. */
export function plannedText(item: Item, settings: Settings): string {
  const planned = plannedOf(item, settings);
  const made = item.made.value;
  if (!planned || !made) return '';
  const { container, sampleBytes } = planned;
  const name = container === 'opus' ? 'Opus' : container.toUpperCase();
  const { summary } = made.take;
  if (container === 'mp3' || container === 'opus') {
    const bytes = (summary.durationSeconds * kilobits(container, summary) * 1000) / 8;
    return `${name}, about ${size(bytes)}`;
  }
  if (sampleBytes === undefined) return name;
  const count = summary.samples * summary.channels;
  if (container === 'wav') return `${name}, ${size(WAV_HEADER + count * sampleBytes)}`;
  return `${name}, about ${size(count * (sampleBytes - 2 + 2 * FLAC_SHARE))}`;
}

/** The bit rate that the package takes by default, in kbit/s. */
function kilobits(container: 'mp3' | 'opus', { channels, sampleRate }: Summary): number {
  const full = container === 'mp3' ? (channels > 1 ? 160 : 96) : channels > 1 ? 48 * channels : 64;
  return sampleRate > (container === 'mp3' ? 24_000 : 16_000) ? full : full / 2;
}

/** The container of what a save would write, once it is known. */
export function plannedContainer(item: Item, settings: Settings): Container | undefined {
  return plannedOf(item, settings)?.container;
}

function plannedOf({ kind }: Item, { format }: Settings): Planned | undefined {
  if (format === 'mp3' || format === 'opus') return { container: format };
  if (format !== 'source') {
    const { container, sampleFormat } = DESTINATIONS[format];
    return { container, sampleBytes: SAMPLE_BYTES[sampleFormat] };
  }
  const known = kind.value;
  return known && { container: known.container, sampleBytes: known.sampleBytes };
}
