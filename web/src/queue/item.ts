import { type Signal, signal } from '@preact/signals';
import type { Comparison, Take } from 'enhancer-wasm';
import type { Problem } from '../common/problem';
import type { Saved } from './saved';

export type State =
  | { is: 'waiting' }
  /**
   * `done` is 0 to 1. It is absent as long as the length is unknown, `secondsLeft` as long as the
   * speed is.
   */
  | { is: 'working'; done?: number; secondsLeft?: number }
  | { is: 'done' }
  | { is: 'failed'; problem: Problem }
  | { is: 'cancelled' };

/** The result of a network run, and the settings of that run: see `runOf`. */
export interface Made {
  take: Take;
  run: string;
  /** How listeners would rate the result; undefined until it is rated, `none` if it cannot be rated. */
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
  /** The latest result. It can be heard and saved while a new one is made. */
  readonly made: Signal<Made | undefined>;
  /** The length; undefined until it is known. */
  readonly seconds: Signal<number | undefined>;
  /** The audio track that the user chose, counted from 1; undefined for the file's default track. */
  readonly track: Signal<number | undefined>;
  /** The name of the format, such as `MP3`; undefined until it is read. */
  readonly kind: Signal<string | undefined>;
  /** The saves of the latest result, the latest save last. */
  readonly saved: Signal<readonly Saved[]>;
  /** The progress of a save, 0 to 1; undefined if there is none. */
  readonly saving: Signal<number | undefined>;
}

/** Whether the latest result was saved, not only the removed part. */
export function isSaved({ saved }: Item): boolean {
  return saved.value.some(({ output }) => output === 'enhanced');
}

/** The rating of the latest result, if there is one. */
export function comparisonOf({ made }: Item): Comparison | undefined {
  const found = made.value?.comparison.value;
  return found === 'none' ? undefined : found;
}

/**
 * Whether the latest result is of another audio track than the chosen one, which is still being
 * processed.
 */
export function isOfOtherTrack({ made, track }: Item): boolean {
  const number = made.value?.take.summary.track.number;
  return track.value !== undefined && number !== undefined && track.value !== number;
}

/** A file that was dropped, picked, pasted or recorded. */
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
