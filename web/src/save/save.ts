import { signal } from '@preact/signals';
import { announce } from '../common/announce';
import { isAbort, type Problem, problemOf } from '../common/problem';
import type { Item } from '../queue/item';
import { items } from '../queue/queue';
import { settings } from '../settings/settings';
import { download } from './download';
import { saveToFolder } from './folder';
import { freeName, resultName } from './names';
import { forgetDownload, keepForDownload, render } from './render';
import type { Output, Saved } from '../queue/saved';
import { saveZip } from './zip';

/** What is being saved; one thing at a time. */
export const saving = signal<'none' | 'one' | 'zip' | 'folder'>('none');
/** Why the last save failed. */
export const saveProblem = signal<Problem | undefined>(undefined);

const downloaded = new Set<string>();

/** Saves the enhanced audio, or what was removed. */
export function saveOne(item: Item, output: Output = 'enhanced'): Promise<void> {
  return save('one', async () => {
    const made = item.made.peek();
    const { blob, warnings, discard } = await render(item, settings.peek(), output);
    const wanted = resultName(item.name, blob.type, output);
    const name = await freeName(wanted, (name) => downloaded.has(name));
    downloaded.add(name);
    download(blob, name);
    keepForDownload(item, discard);
    // It was removed while it was saved: nothing else says so any more.
    if (!items.peek().includes(item)) forgetDownload(item);
    // Not if a new run replaced what was saved.
    if (item.made.peek() === made) mark(item, { output, name, bytes: blob.size, warnings });
    return [`${name} was saved.`, ...warnings].join(' ');
  });
}

export function saveAllAsZip(items: readonly Item[]): Promise<void> {
  return save('zip', async () => {
    const archive = await saveZip(items, settings.peek(), mark);
    return `All files were saved into ${archive}.`;
  });
}

export function saveAllToFolder(items: readonly Item[]): Promise<void> {
  return save('folder', async () => {
    const folder = await saveToFolder(items, settings.peek(), mark);
    return `All files were saved into ${folder}.`;
  });
}

function mark(item: Item, saved: Saved): void {
  item.saved.value = [...item.saved.peek(), saved];
}

/** Does it, and says what came of it. */
async function save(what: 'one' | 'zip' | 'folder', act: () => Promise<string>): Promise<void> {
  if (saving.peek() !== 'none') return;
  saving.value = what;
  saveProblem.value = undefined;
  try {
    announce(await act());
  } catch (error) {
    // Who closes the dialog knows that nothing was saved.
    if (!isAbort(error)) tell(problemOf(error, 'write'));
  } finally {
    saving.value = 'none';
  }
}

function tell(problem: Problem): void {
  saveProblem.value = problem;
  announce(`Not saved: ${problem.title}.`);
}
