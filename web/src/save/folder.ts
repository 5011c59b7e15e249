import type { Item } from '../queue/item';
import type { Settings } from '../settings/settings';
import { freeName, resultName } from './names';
import { render } from './render';
import type { Saved } from '../queue/saved';

/** Whether this browser can write into a folder that the user picks. */
export const canSaveToFolder = 'showDirectoryPicker' in window;

/**
 * Writes the results into a folder that the user picks, with the subfolders in which they were
 * chosen. Overwrites nothing. Returns the folder's name.
 */
export async function saveToFolder(
  items: readonly Item[],
  settings: Settings,
  mark: (item: Item, saved: Saved) => void,
): Promise<string> {
  const root = await window.showDirectoryPicker?.({ id: 'enhanced', mode: 'readwrite' });
  if (!root) throw new Error('this browser cannot write into folders');
  for (const item of items) {
    if (!item.made.peek()) continue;
    const { blob, warnings, discard } = await render(item, settings);
    try {
      const folder = await subfolder(root, item.folder);
      const wanted = resultName(item.name, blob.type, 'enhanced');
      const name = await freeName(wanted, (name) => exists(folder, name));
      await write(folder, name, blob);
      const path = `${root.name}/${item.folder}${name}`;
      mark(item, { output: 'enhanced', name: path, bytes: blob.size, warnings });
    } finally {
      await discard();
    }
  }
  return root.name;
}

async function subfolder(
  root: FileSystemDirectoryHandle,
  path: string,
): Promise<FileSystemDirectoryHandle> {
  let folder = root;
  for (const name of path.split('/').filter(Boolean)) {
    folder = await folder.getDirectoryHandle(name, { create: true });
  }
  return folder;
}

async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    // A folder has that name.
    if (error instanceof DOMException && error.name === 'TypeMismatchError') return true;
    if (error instanceof DOMException && error.name === 'NotFoundError') return false;
    throw error;
  }
}

/**
 * Writes one file. The browser puts it in place only when all is written; a failure leaves no
 * partial file.
 */
async function write(folder: FileSystemDirectoryHandle, name: string, result: Blob): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  try {
    await result.stream().pipeTo(await handle.createWritable());
  } catch (error) {
    await folder.removeEntry(name);
    throw error;
  }
}
