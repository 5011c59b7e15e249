import { EnhancerError, type Progress, type Take, type TakeOptions } from 'enhancer-wasm';
import { enhancerOf, replace } from '../engine/engine';
import type { Settings } from '../settings/settings';
import type { Item } from './item';
import { pace } from './pace';

/** Milliseconds between two updates of the shown progress. */
const PICTURE_MS = 100;

/** The settings that a network run depends on. The others only change how its result is rendered. */
export function runOf({ model, quietGain }: Settings): string {
  return `${model} ${quietGain}`;
}

/** Runs the network over a file and shows the progress in its item. */
export async function runItem(item: Item, settings: Settings, signal: AbortSignal): Promise<Take> {
  const enhancer = await enhancerOf(settings.model);
  signal.throwIfAborted();
  const track = item.track.peek();
  const options: TakeOptions = {
    inputGain: settings.quietGain,
    ...(track !== undefined && { track }),
  };
  const run = { onProgress: pictures(item, signal), signal };
  const take = await enhancer.take(item.file, options, run).catch((error: unknown) => {
    if (error instanceof EnhancerError && error.code === 'workers') {
      replace(settings.model, enhancer);
    }
    throw error;
  });
  if (signal.aborted) await take.discard();
  signal.throwIfAborted();
  return take;
}

/** Shows progress in the item, not more often than a person can see. */
function pictures(item: Item, signal: AbortSignal): (progress: Progress) => void {
  const stateAt = pace();
  let shown = 0;
  let blocks = 0;
  return (progress) => {
    const before = blocks;
    const { enhanced: { length = 0 } = {}, perSecond = 0 } = progress.peaks ?? {};
    blocks += length;
    // For `make bench`, and for the page's timeline in the developer tools.
    if (before < perSecond && blocks >= perSecond) performance.mark('first second enhanced');
    const state = stateAt(progress);
    const now = performance.now();
    if (signal.aborted || now - shown < PICTURE_MS) return;
    shown = now;
    item.state.value = state;
  };
}
