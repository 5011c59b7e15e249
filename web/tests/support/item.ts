import { signal } from '@preact/signals';
import type { Comparison, Finding, Measures, Summary, Take, Warning } from 'enhancer-wasm';
import { type Item, newItem } from '../../src/queue/item';
import { DEFAULTS, type Settings, settings } from '../../src/settings/settings';

/** The summary of a result without problems: three seconds of a WAV file. */
const SUMMARY: Summary = {
  samples: 144_000,
  channels: 1,
  sampleRate: 48_000,
  durationSeconds: 3,
  video: false,
  usualContainer: 'wav',
  usualSampleFormat: 's16le',
  track: { number: 1, count: 1 },
  warnings: [],
};

interface Result {
  summary?: Partial<Summary>;
  /** Codes of warnings, whose text is their code. */
  warnings?: readonly Warning['code'][];
  /** Codes of findings of the rater; `none` if it could rate nothing. */
  findings?: readonly Finding['code'][] | 'none';
  video?: Take['video'];
  /** The format of the file. */
  kind?: string;
}

const MEASURES: Measures = { windows: 1, speechShare: 1, durationSeconds: 3 };

/** An item with a result. */
export function itemWith({ summary, warnings, findings, video, kind = 'WAV' }: Result): Item {
  const item = newItem({ file: new Blob(), name: 'talk.wav', folder: '' });
  const texts = warnings?.map((code) => ({ code, text: code }));
  const known = { ...SUMMARY, ...summary, ...(texts && { warnings: texts }) };
  item.kind.value = kind;
  item.made.value = {
    // The rest of a take needs a worker.
    take: { summary: known, video } as Take,
    run: '',
    comparison: signal(comparisonWith(findings)),
  };
  return item;
}

function comparisonWith(findings: Result['findings']): Comparison | 'none' | undefined {
  if (findings === undefined || findings === 'none') return findings;
  const found = findings.map((code) => ({ code, text: code }));
  return { before: MEASURES, after: MEASURES, findings: found };
}

/** Makes these the settings; the others are the default ones. */
export function choose(part: Partial<Settings> = {}): void {
  settings.value = { ...DEFAULTS, ...part };
}
