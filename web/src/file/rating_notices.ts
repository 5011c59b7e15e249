import type { Finding } from 'enhancer-wasm';
import { comparisonOf, type Item } from '../queue/item';
import { settings } from '../settings/settings';

/** A message about a result. */
export interface Notice {
  text: string;
  /** Present if the result is in doubt: a word for the collapsed row and for the count of all files. */
  badge?: string;
}

/** The core's findings in the page's words: its controls have other names than the core's options. */
const NOTICES: Readonly<Record<Finding['code'], Notice>> = {
  little_speech: {
    text: 'Little speech was found. Music is better left as it is. If there is speech, it is very quiet or the noise is very loud.',
    badge: 'little speech',
  },
  speech_removed: {
    text: 'Much of what sounds like speech was removed. Is this music? Then leave it as it is. If not, try less noise removal, or the other model.',
    badge: 'speech removed',
  },
  speech_suffered: {
    text: 'The speech itself would be rated lower than before. Try less noise removal, or the other model.',
    badge: 'speech got worse',
  },
  very_quiet: {
    text: 'The recording is very quiet, and so its ratings are low. Choose a loudness.',
  },
  not_better: {
    text: 'The result would not be rated higher than the original. If the original is clean, keep it.',
    badge: 'not better',
  },
};

/** Findings about the recording itself. They hold however much of the noise is removed. */
const OF_SOURCE: ReadonlySet<Finding['code']> = new Set(['little_speech', 'very_quiet']);

/** Whether almost everything was removed. That notice then replaces the doubts of the rating. */
export function isAlmostSilent({ made }: Item): boolean {
  const warnings = made.value?.take.summary.warnings ?? [];
  return warnings.some(({ code }) => code === 'almost_everything_removed');
}

/** Notices from the rating of an item's result. At most one of them has a badge: the most serious. */
export function ratingNotices(item: Item): Notice[] {
  const { removal, loudness } = settings.value;
  // The rating is of a result with all noise removed. With less removal, the result is nearer to the original.
  const findings = (comparisonOf(item)?.findings ?? []).filter(
    ({ code }) =>
      (removal >= 90 || OF_SOURCE.has(code)) && !(code === 'very_quiet' && loudness !== null),
  );
  const doubt = isAlmostSilent(item) ? undefined : findings.find(({ code }) => NOTICES[code].badge);
  const isShown = ({ code }: Finding) => !NOTICES[code].badge || code === doubt?.code;
  return findings.filter(isShown).map(({ code }) => NOTICES[code]);
}
