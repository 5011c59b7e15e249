import type { SampleFormat, Summary, VideoContainer } from 'enhancer-wasm';
import { size } from '../common/units';
import type { Item } from '../queue/item';
import type { Settings } from '../settings/settings';
import { DESTINATIONS } from './render';

type Lossy = 'mp3' | 'opus' | 'm4a';
type Container = Summary['usualContainer'];

/** What a save would write: a video, or sound alone. */
type Planned = { video: VideoContainer } | { container: Container; sampleFormat?: SampleFormat };

const LOSSY: ReadonlySet<string> = new Set<Lossy>(['mp3', 'opus', 'm4a']);

const isLossy = (container: string): container is Lossy => LOSSY.has(container);

const SAMPLE_BYTES = { s16le: 2, s24le: 3, s32le: 4, f32le: 4 };

/**
 * FLAC shrinks the upper 16 bits of enhanced speech to about this share. Lower bits are noise,
 * which does not shrink.
 */
const FLAC_SHARE = 0.4;

const WAV_HEADER = 44;

/** The format and the size of what a save would write: `WAV, 912 kB`. */
export function plannedText(item: Item, settings: Settings): string {
  const planned = plannedOf(item, settings);
  const made = item.made.value;
  if (!planned || !made) return '';
  // The picture makes up most of the file.
  if ('video' in planned) return `${nameOf(planned.video)} video, about ${size(item.file.size)}`;
  const { container, sampleFormat = 's16le' } = planned;
  const name = nameOf(container);
  const { summary } = made.take;
  if (isLossy(container)) {
    const bytes = (summary.durationSeconds * kilobits(container, summary) * 1000) / 8;
    return `${name}, about ${size(bytes)}`;
  }
  const sampleBytes = SAMPLE_BYTES[sampleFormat];
  const count = summary.samples * summary.channels;
  if (container === 'flac') {
    return `${name}, about ${size(count * (sampleBytes - 2 + 2 * FLAC_SHARE))}`;
  }
  return `${name}, ${size(WAV_HEADER + count * sampleBytes)}`;
}

/** The name of a container for users. */
export function nameOf(container: Container | VideoContainer): string {
  return NAMES[container] ?? container.toUpperCase();
}

const NAMES: Record<string, string> = { opus: 'Opus', webm: 'WebM' };

/**
 * The core's bit rates in kbit/s: for one channel, for two, and per channel for more. Half of that
 * up to a rate of `narrow` Hz.
 */
const BIT_RATES = {
  mp3: { one: 96, two: 160, each: 80, narrow: 24_000 },
  opus: { one: 64, two: 96, each: 48, narrow: 16_000 },
  m4a: { one: 128, two: 192, each: 80, narrow: 24_000 },
};

/** The package's default bit rate, in kbit/s. */
function kilobits(container: Lossy, { channels, sampleRate }: Summary): number {
  const { one, two, each, narrow } = BIT_RATES[container];
  const full = channels === 1 ? one : channels === 2 ? two : each * channels;
  return sampleRate > narrow ? full : full / 2;
}

/**
 * The container that a save without a picture would write; undefined for a video, or as long as it
 * is unknown.
 */
export function plannedContainer(item: Item, settings: Settings): Container | undefined {
  const planned = plannedOf(item, settings);
  return planned && 'container' in planned ? planned.container : undefined;
}

function plannedOf({ made }: Item, { format }: Settings): Planned | undefined {
  if (format !== 'source') return DESTINATIONS[format];
  const take = made.value?.take;
  if (take?.video) return { video: take.video };
  const summary = take?.summary;
  return summary && { container: summary.usualContainer, sampleFormat: summary.usualSampleFormat };
}
