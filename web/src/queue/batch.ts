import { computed, effect } from '@preact/signals';
import { aboutLeft } from '../common/units';
import type { Item } from './item';
import { busy, items } from './queue';

/** The progress of all files in a few words, for the headline and the tab's title; empty without files. */
export const batchText = computed(() => {
  const all = items.value;
  if (all.length === 0) return '';
  const done = all.filter(({ state }) => state.value.is === 'done').length;
  const count = `${done} of ${all.length}`;
  if (!busy.value) return `${count} done`;
  const seconds = secondsLeft(all);
  return seconds === undefined ? count : `${count} · ${aboutLeft(seconds)}`;
});

/**
 * How long all unfinished files will take at the present speed. Undefined as long as no file has
 * a speed, or the length of a waiting file is unknown.
 */
function secondsLeft(all: readonly Item[]): number | undefined {
  let audio = 0;
  let working = 0;
  const speeds: number[] = [];
  for (const { state, seconds } of all) {
    const now = state.value;
    if (now.is !== 'working' && now.is !== 'waiting') continue;
    if (seconds.value === undefined) return undefined;
    if (now.is === 'waiting') audio += seconds.value;
    else {
      const left = seconds.value * (1 - (now.done ?? 0));
      audio += left;
      working += 1;
      if (now.secondsLeft) speeds.push(left / now.secondsLeft);
    }
  }
  if (speeds.length === 0) return undefined;
  // Assumes that files that have just begun will be as fast as the others.
  const speed = (working * speeds.reduce((sum, one) => sum + one, 0)) / speeds.length;
  return audio / speed;
}

/** Shows the progress of all files in the tab's title. */
export function followInTitle(): void {
  const { title } = document;
  effect(() => {
    document.title = batchText.value === '' ? title : `${batchText.value} – Enhancer`;
  });
}
