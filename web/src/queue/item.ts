import { type Signal, signal } from '@preact/signals';
import type { Comparison, Take } from 'enhancer-wasm';
import type { Problem } from '../common/problem';
import type { Saved } from './saved';

export type State =
  | { is: 'waiting' }
  /** `done` is 0 to 1, absent as long as the length is unknown; `secondsLeft` as long as the speed is. */
  | { is: 'working'; done?: number; secondsLeft?: number }
  | { is: 'done' }
  | { is: 'failed'; problem: Problem }
  | { is: 'cancelled' };

/** What the network made of a file, and what it was asked: see `runOf`. */
export interface Made {
  take: Take;
  run: string;
  /** How listeners would rate it, as soon as that is known; `none` if it cannot be rated. */
  comparison: Signal<Comparison | 'none' | undefined>;
}

/** A file in the queue. */
export interface Item {
  readonly id: number;
  readonly name: string;
  /** The folder in which it was chosen, such as `talks/2024/`; empty if it was chosen by itself. */
  readonly folder: string;
  readonly file: Blob;
  readonly state: Signal<State>;
  /** The latest; stays to be heard and saved while a new one is made. */
  readonly made: Signal<Made | undefined>;
  /** Its length, as soon as it is known. */
  readonly seconds: Signal<number | undefined>;
  /** The audio track that the user chose, counted from 1; none: that which the file marks as default. */
  readonly track: Signal<number | undefined>;
  /** The name of its format, such as `MP3`, as soon as it was read. */
  readonly kind: Signal<string | undefined>;
  /** What was saved of its latest result, the latest save last. */
  readonly saved: Signal<readonly Saved[]>;
  /** How far a save of it is, 0 to 1. */
  readonly saving: Signal<number | undefined>;
}

/** Whether its latest result was saved, not only what was removed. */
export function isSaved({ saved }: Item): boolean {
  return saved.value.some(({ output }) => output === 'enhanced');
}

/** The rating of its latest result, if there is one. */
export function comparisonOf({ made }: Item): Comparison | undefined {
  const found = made.value?.comparison.value;
  return found === 'none' ? undefined : found;
}

/** Whether its latest result is of another audio track than the chosen one, which is on its way. */
export function isOfOtherTrack({ made, track }: Item): boolean {
  const number = made.value?.take.summary.track.number;
  return track.value !== undefined && number !== undefined && track.value !== number;
}

/** A file as it was dropped, picked, pasted or recorded. */
export interface Source {
  file: Blob;
  name: string;
  folder: string;
}

let count = 0;

export function newItem({ file, name, folder }: Source): Item {
  return {
    id: count++,
    name,
    folder,
    file,
    state: signal<State>({ is: 'waiting' }),
    made: signal(undefined),
    seconds: signal(undefined),
    track: signal(undefined),
    kind: signal(undefined),
    saved: signal([]),
    saving: signal(undefined),
  };
}
