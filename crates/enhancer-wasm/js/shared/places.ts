import type * as core from '../generated/core.js';
import { EnhancerError } from './error.js';
import type {
  Delivery,
  EnhanceOptions,
  MixControls,
  ModelControls,
  ReadOptions,
  RenderOptions,
  TakeOptions,
} from './types.js';

/** What an option affects. */
type Part = 'reading' | 'model' | 'mix' | 'result';

/**
 * The options of the core. In the package, those of the result's format are in an object of their
 * own.
 */
type Option = Exclude<keyof core.EnhanceOptions, keyof core.Destination> | 'destination';
type Offered = keyof ReadOptions | keyof ModelControls | keyof MixControls | keyof Delivery;

type Places<Options, Where extends Part> = { [Name in keyof Options]-?: Where };

/**
 * The compiler checks that each option has its place. If the package does not offer an option of
 * the core, no value is possible here.
 */
const PARTS: Places<ReadOptions, 'reading'> &
  Places<ModelControls, 'model'> &
  Places<MixControls, 'mix'> &
  Places<Delivery, 'result'> &
  Record<Exclude<Option, Offered>, never> = {
  raw: 'reading',
  strict: 'reading',
  track: 'reading',
  limits: 'reading',
  priority: 'reading',
  inputGain: 'model',
  postFilter: 'model',
  exact: 'model',
  attenuationLimit: 'mix',
  mix: 'mix',
  output: 'mix',
  level: 'result',
  loudness: 'result',
  destination: 'result',
  audioOnly: 'result',
  keepPcm: 'result',
};

const isControl = (part: Part) => part === 'model' || part === 'mix';

/**
 * Checks for known options in the wrong place, such as `mix` next to `controls`. All others are
 * checked where they are read.
 *
 * @throws {EnhancerError} `invalid_value`, with the right place.
 */
export function checkEnhancePlaces(options: EnhanceOptions): void {
  refuse(options, (part) => isControl(part) && 'goes into `controls`', 'enhanceFile');
  const { controls } = options ?? {};
  refuse(
    controls,
    (part) => !isControl(part) && 'goes beside `controls`, not into it',
    'enhanceFile',
  );
}

/** The same for a take. */
export function checkTakePlaces(options: TakeOptions): void {
  refuseControls(options, 'take');
  refuse(
    options,
    (part) => (part === 'mix' || part === 'result') && 'is an option of `render`',
    'take',
  );
}

/** The same for rendering. */
export function checkRenderPlaces(options: RenderOptions): void {
  refuseControls(options, 'render');
  refuse(
    options,
    (part) => (part === 'reading' || part === 'model') && 'is an option of `take`',
    'render',
  );
}

function refuse(
  options: object | undefined,
  advice: (part: Part) => string | false,
  call: string,
): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined || value === null || !(name in PARTS)) continue;
    const place = advice(PARTS[name as keyof typeof PARTS]);
    if (place) throw misplaced(`the option \`${name}\` ${place}`, call);
  }
}

function refuseControls(options: object | undefined, call: string): void {
  const names = Object.keys((options as EnhanceOptions | undefined)?.controls ?? {});
  if (names.length === 0) return;
  const list = names.map((name) => `\`${name}\``).join(', ');
  throw misplaced(`\`controls\` is for enhanceFile only: give ${list} without it`, call);
}

function misplaced(problem: string, call: string): EnhancerError {
  return new EnhancerError('invalid_value', `invalid options of ${call}: ${problem}`);
}
