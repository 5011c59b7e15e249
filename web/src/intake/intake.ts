import { sample } from 'virtual:site';
import { signal } from '@preact/signals';
import { announce } from '../common/announce';
import { type Problem, problemOf } from '../common/problem';
import type { Source } from '../queue/item';
import { add } from '../queue/queue';
import { fromDrop, fromList } from './entries';

/** Whether the user drags files over the window. */
export const dragging = signal(false);
/** Why the last try to add files failed. */
export const intakeProblem = signal<Problem | undefined>(undefined);

/** Adds the files, or reports that there are none. */
export async function take(sources: Promise<Source[]> | Source[]): Promise<void> {
  intakeProblem.value = undefined;
  try {
    const found = await sources;
    add(found);
    if (found.length === 0) announce('No recordings found.');
  } catch (error) {
    intakeProblem.value = problemOf(error, 'read');
  }
}

/** Fetches the sample from the page's host and adds it. */
export function takeSample(): Promise<void> {
  return take(fetchSample());
}

async function fetchSample(): Promise<Source[]> {
  const response = await fetch(sample);
  if (!response.ok)
    throw new Error(`the sample could not be loaded: the server responded with ${response.status}`);
  return [{ file: await response.blob(), name: 'Café sample.wav', folder: '' }];
}

/** Accepts files that are dropped or pasted anywhere in the window. */
export function takeFromWindow(): void {
  window.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    dragging.value = true;
  });
  window.addEventListener('dragleave', (event) => {
    // Without a related target, the pointer has left the window.
    if (event.relatedTarget === null) dragging.value = false;
  });
  window.addEventListener('drop', (event) => {
    dragging.value = false;
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    void take(fromDrop(event.dataTransfer));
  });
  window.addEventListener('paste', (event) => {
    const files = event.clipboardData?.files;
    if (files && files.length > 0) void take(fromList(files));
  });
}
