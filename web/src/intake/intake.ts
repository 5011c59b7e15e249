import { sample } from 'virtual:site';
import { signal } from '@preact/signals';
import { announce } from '../common/announce';
import { type Problem, problemOf } from '../common/problem';
import type { Source } from '../queue/item';
import { add } from '../queue/queue';
import { fromDrop, fromList } from './entries';

/** Whether files are held over the window. */
export const dragging = signal(false);
/** Why nothing came of the last try to add something. */
export const intakeProblem = signal<Problem | undefined>(undefined);

/** Adds what was found, or says that it was nothing. */
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

/** Adds the sample, fetched from where the page came from. */
export function takeSample(): Promise<void> {
  return take(fetchSample());
}

async function fetchSample(): Promise<Source[]> {
  const response = await fetch(sample);
  if (!response.ok)
    throw new Error(`the sample could not be loaded: the server responded with ${response.status}`);
  return [{ file: await response.blob(), name: 'Café sample.wav', folder: '' }];
}

/** Makes the whole window take what is dropped on it or pasted. */
export function takeFromWindow(): void {
  window.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    dragging.value = true;
  });
  window.addEventListener('dragleave', (event) => {
    // Left for nothing: the window itself was left.
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
