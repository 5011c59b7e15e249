import type { Warning } from 'enhancer-wasm';
import { sentence } from '../common/sentence';
import { duration } from '../common/units';
import type { Item } from '../queue/item';
import { nameOf, plannedContainer } from '../save/planned';
import { settings } from '../settings/settings';
import { isAlmostSilent, type Notice, ratingNotices } from './rating_notices';

type Source = (item: Item) => Notice | readonly Notice[] | undefined;

/** Warnings of the core that the page words itself, or shows elsewhere. */
const OWN: ReadonlySet<Warning['code']> = new Set([
  'damaged',
  'video',
  'almost_everything_removed',
  'loudness_not_reached',
]);

/** Text that the page removes from warnings: it has a choice of tracks in place of the core's option. */
const TRACK_OPTION = '; the option `track` chooses another';

/** The sources of notices, the most serious first. */
const SOURCES: readonly Source[] = [damage, removed, ofSource, kept, otherFormat];

/** Words for the collapsed row of an item whose result is in doubt. */
export function badgesOf(item: Item): string[] {
  return [...noticesOf(item), ...ratingNotices(item)].flatMap(({ badge }) => badge ?? []);
}

/** All notices about the result of an item; none without a result. */
export function noticesOf(item: Item): Notice[] {
  return SOURCES.flatMap((source) => source(item) ?? []);
}

function damage({ made }: Item): Notice | undefined {
  const found = made.value?.take.summary.damage;
  if (!found) return undefined;
  const { atSeconds, places, reason } = found;
  const more = places > 1 ? ` and in ${places - 1} more places` : '';
  const text = `The file is damaged at ${duration(atSeconds)}${more}: ${reason}. The missing part is silent.`;
  return { text, badge: 'damaged' };
}

function removed(item: Item): Notice | undefined {
  if (!isAlmostSilent(item)) return undefined;
  // The warning means a result that is 20 dB quieter. More than a tenth of the original prevents that.
  if (settings.value.removal < 90) return undefined;
  const advice =
    settings.value.quietGain === 'auto'
      ? 'Try less noise removal.'
      : 'Try less noise removal, or set “Quiet speech” to “Automatic”.';
  const text = `Almost everything was removed. Is this music, or is the speech very quiet? ${advice}`;
  return { text, badge: 'almost silent' };
}

/** The core's warnings about the source, in its words. */
function ofSource({ made }: Item): Notice[] {
  const warnings = made.value?.take.summary.warnings ?? [];
  return warnings
    .filter(({ code }) => !OWN.has(code))
    .map(({ text }) => ({ text: sentence(text.replace(TRACK_OPTION, '')) }));
}

/** The user may have forgotten a setting that is kept from an earlier visit. */
function kept({ made }: Item): Notice | undefined {
  if (!made.value || settings.value.removal > 0) return undefined;
  return { text: 'Noise removal is at 0 %: the result is the original.' };
}

function otherFormat(item: Item): Notice | undefined {
  const summary = item.made.value?.take.summary;
  const kind = item.kind.value;
  const planned = plannedContainer(item, settings.value);
  const container = planned && nameOf(planned);
  if (!summary || !kind || !container) return undefined;
  if (summary.video) return { text: `Only the audio of the video is saved, as ${container}.` };
  if (container === kind || settings.value.format !== 'source') return undefined;
  return { text: `The result is saved as ${container}. “Save as” offers other formats.` };
}
