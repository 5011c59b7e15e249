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

/** The save that is under way. There is only one at a time. */
export const saving = signal<'none' | 'one' | 'zip' | 'folder'>('none');
/** Why the last save failed. */
export const saveProblem = signal<Problem | undefined>(undefined);

const downloaded = new Set<string>();

/** Saves the enhanced audio, or the removed part. */
export function saveOne(item: Item, output: Output = 'enhanced'): Promise<void> {
  return save('one', async () => {
    const made = item.made.peek();
    const { blob, warnings, discard } = await render(item, settings.peek(), output);
    const wanted = resultName(item.name, blob.type, output);
    const name = await freeName(wanted, (name) => downloaded.has(name));
    downloaded.add(name);
    download(blob, name);
    keepForDownload(item, discard);
    // The item was removed while it was saved, so that nothing else will forget its download.
    if (!items.peek().includes(item)) forgetDownload(item);
    // Not if a new run has replaced the saved result.
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

/** Runs a save and reports the outcome. */
async function save(what: 'one' | 'zip' | 'folder', act: () => Promise<string>): Promise<void> {
  if (saving.peek() !== 'none') return;
  saving.value = what;
  saveProblem.value = undefined;
  try {
    announce(await act());
  } catch (error) {
    // A user who closes the dialog knows that nothing was saved.
    if (!isAbort(error)) tell(problemOf(error, 'write'));
  } finally {
    saving.value = 'none';
  }
}

function tell(problem: Problem): void {
  saveProblem.value = problem;
  announce(`Not saved: ${problem.title}.`);
}
