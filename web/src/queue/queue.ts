import { computed, effect, signal } from '@preact/signals';
import { announce } from '../common/announce';
import { noRecordingProblem, type Problem, problemOf } from '../common/problem';
import { settings } from '../settings/settings';
import { type Item, isSaved, type Made, newItem, type Source } from './item';
import { startOf } from './kind';
import { noRecording } from './no_recording';
import { probe } from './probe';
import { runItem, runOf } from './run';

/** How many files are processed at once. They share the pool fairly, and each needs memory. */
const AT_ONCE = 3;

/** All files, in the order in which they came. */
export const items = signal<readonly Item[]>([]);
/** The open item. */
export const selected = signal<Item | undefined>(undefined);

/** Items with a result to hear and to save. */
export const ready = computed(() => items.value.filter((item) => item.made.value));
/** Whether closing the tab would lose unfinished work. */
export const busy = computed(() =>
  items.value.some(({ state }) => state.value.is === 'working' || state.value.is === 'waiting'),
);

/** Whether closing the tab would lose an unsaved result. */
export const unsaved = computed(() => ready.value.some((item) => !isSaved(item)));

const running = new Map<Item, AbortController>();

export function add(sources: readonly Source[]): void {
  if (sources.length === 0) return;
  const added = sources.map(newItem);
  items.value = [...items.peek(), ...added];
  announce(
    added.length === 1 ? `${added[0]?.name} was added.` : `${added.length} files were added.`,
  );
  selected.value ??= added[0];
  startWaiting();
  probe(added);
}

export function cancel(item: Item): void {
  stop(item);
  keepTrack(item);
  item.state.value = { is: 'cancelled' };
  startWaiting();
}

export function retry(item: Item): void {
  item.state.value = { is: 'waiting' };
  startWaiting();
}

/** Enhances another audio track of the same file. */
export function chooseTrack(item: Item, track: number): void {
  stop(item);
  item.track.value = track;
  retry(item);
}

/** Runs files again whose results were made with other settings of the run. */
export function followSettings(): void {
  let run = runOf(settings.peek());
  effect(() => {
    const wanted = runOf(settings.value);
    if (wanted === run) return;
    run = wanted;
    items.peek().forEach(renew);
    startWaiting();
  });
}

function renew(item: Item): void {
  const { is } = item.state.peek();
  if (is !== 'done' && is !== 'working') return;
  stop(item);
  item.state.value = { is: 'waiting' };
}

/** Stops the work on an item, if there is any. */
export function stop(item: Item): void {
  running.get(item)?.abort();
  running.delete(item);
}

/** Starts waiting files, up to `AT_ONCE` at a time. */
export function startWaiting(): void {
  for (const item of items.peek()) {
    if (running.size >= AT_ONCE) return;
    if (item.state.peek().is === 'waiting') void start(item);
  }
}

async function start(item: Item): Promise<void> {
  const controller = new AbortController();
  const asked = settings.peek();
  running.set(item, controller);
  item.state.value = { is: 'working' };
  try {
    const take = await runItem(item, asked, controller.signal);
    finish(item, { take, run: runOf(asked), comparison: signal(undefined) });
  } catch (error) {
    const problem = await problemWith(item, error);
    // The code that stopped the work has already set the item's state.
    if (!controller.signal.aborted) fail(item, problem);
  }
  if (running.get(item) === controller) running.delete(item);
  startWaiting();
}

function finish(item: Item, made: Made): void {
  const old = item.made.peek();
  item.made.value = made;
  item.saved.value = [];
  item.seconds.value = made.take.summary.durationSeconds;
  item.state.value = { is: 'done' };
  announce(`${item.name} is done.`);
  void old?.take.discard();
}

/** The most helpful reason: a file that cannot be read is often not a recording at all. */
async function problemWith({ file }: Item, error: unknown): Promise<Problem> {
  const problem = problemOf(error);
  if (problem.code !== 'unsupported_audio') return problem;
  const what = noRecording(await startOf(file).catch(() => new Uint8Array(1)));
  return what === undefined ? problem : noRecordingProblem(what, problem.detail);
}

/** If another track failed, chooses the track of the existing result again. */
function keepTrack({ made, track }: Item): void {
  const kept = made.peek()?.take.summary.track.number;
  if (kept !== undefined && track.peek() !== undefined) track.value = kept;
}

function fail(item: Item, problem: Problem): void {
  keepTrack(item);
  item.state.value = { is: 'failed', problem };
  announce(`${item.name}: ${problem.title}.`);
}
