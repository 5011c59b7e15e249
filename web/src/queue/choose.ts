import { signal } from '@preact/signals';
import { change, type Settings, settings } from '../settings/settings';
import { items } from './queue';
import { runOf } from './run';

/** A change that would run files again and waits for the user's answer. */
export const question = signal<{ part: Partial<Settings>; files: number } | undefined>(undefined);

/** Changes settings. Asks first if the change would run finished or working files again. */
export function choose(part: Partial<Settings>): void {
  const now = settings.peek();
  const again = runOf({ ...now, ...part }) !== runOf(now);
  const files = again ? items.peek().filter(({ state }) => isBegun(state.peek().is)).length : 0;
  if (files > 0) question.value = { part, files };
  else change(part);
}

function isBegun(state: string): boolean {
  return state === 'done' || state === 'working';
}
