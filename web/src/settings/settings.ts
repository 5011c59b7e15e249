import { models } from 'virtual:site';
import { computed, signal } from '@preact/signals';

/** The user's choices. They apply to all files. */
export interface Settings {
  /** The name of the model. */
  model: string;
  /**
   * How much of the noise is removed, in whole percent: 0 leaves the original, 100 removes all that
   * the model can.
   */
  removal: number;
  /** The gain for quiet speech: automatic, or in dB. */
  quietGain: 'auto' | number;
  /** Whether near and far talkers are brought to one loudness. */
  level: boolean;
  /** The target in LUFS; null: unchanged. */
  loudness: number | null;
  format: Format;
}

/** The container and the sample format of saved files. */
export type Format = (typeof FORMATS)[number];

export const FORMATS = [
  'source',
  'mp3',
  'opus',
  'm4a',
  'wav16',
  'wav24',
  'wavFloat',
  'flac16',
  'flac24',
] as const;
export const QUIET_GAINS = [6, 12, 18, 24];
export const LOUDNESSES = [-23, -16, -14];

export const DEFAULTS: Settings = {
  model: models[0].name,
  removal: 100,
  quietGain: 'auto',
  level: false,
  loudness: null,
  format: 'source',
};

const NAMES = Object.keys(DEFAULTS) as (keyof Settings)[];

const KEY = 'enhancer.settings';

/** Checks of stored values: another version may have stored anything. */
const VALID: { [K in keyof Settings]: (value: unknown) => boolean } = {
  model: (value) => models.some((model) => model.name === value),
  removal: (value) => Number.isInteger(value) && isWithin(value, 0, 100),
  quietGain: (value) =>
    value === 'auto' || value === 0 || QUIET_GAINS.some((gain) => gain === value),
  level: (value) => typeof value === 'boolean',
  loudness: (value) => value === null || LOUDNESSES.some((loudness) => loudness === value),
  format: (value) => FORMATS.some((format) => format === value),
};

export const settings = signal<Readonly<Settings>>(readKept());

/** The settings that differ from the defaults. */
export const changed = computed(() =>
  NAMES.filter((name) => settings.value[name] !== DEFAULTS[name]),
);

/** Changes some settings, and keeps all for the next visit. */
export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(settings.value));
  } catch {
    // The browser allows no storage, as in a private window: the settings hold until the tab closes.
  }
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

function readKept(): Settings {
  try {
    return settingsOf(localStorage.getItem(KEY) ?? '{}');
  } catch {
    // The browser allows no storage.
    return DEFAULTS;
  }
}

/** Reads settings that this version or an earlier one stored. Ignores invalid values. */
export function settingsOf(text: string): Settings {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return DEFAULTS;
  }
  if (typeof kept !== 'object' || kept === null) return DEFAULTS;
  const valid = Object.entries(translated({ ...kept })).filter(
    ([name, value]) => name in VALID && VALID[name as keyof Settings](value),
  );
  return { ...DEFAULTS, ...Object.fromEntries(valid) };
}

/** Earlier versions stored a limit in dB and a mix from 0 to 1. Translates both into one removal. */
function translated(kept: Record<string, unknown>): Record<string, unknown> {
  const { strength = null, mix = 1, ...rest } = kept;
  if (!('strength' in kept || 'mix' in kept)) return rest;
  if (!isWithin(mix, 0, 1) || !(strength === null || isWithin(strength, 0, 100))) return rest;
  const limited = strength === null ? 1 : 1 - 10 ** (-strength / 20);
  return { removal: Math.round(100 * mix * limited), ...rest };
}
