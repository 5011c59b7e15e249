import type { Source } from '../queue/item';

/** File names of recordings. Other files in a folder are left out. */
const RECORDING =
  /\.(aac|aif|aifc|aiff|alac|au|caf|flac|m4a|m4b|m4v|mka|mkv|mov|mp1|mp2|mp3|mp4|mpga|oga|ogg|opus|wav|wave|weba|webm|wv)$/i;

/** `talk 2` comes before `talk 10`. */
const NATURAL = new Intl.Collator(undefined, { numeric: true });

function byPath(a: Source, b: Source): number {
  return NATURAL.compare(a.folder, b.folder) || NATURAL.compare(a.name, b.name);
}

/** Chosen files. Files of a chosen folder have their paths in it. */
export function fromList(files: Iterable<File>): Source[] {
  const all = [...files]
    .map((file) => ({ file, name: file.name, folder: folderOf(file.webkitRelativePath) }))
    .filter(isWanted);
  return all.some(({ folder }) => folder !== '') ? all.sort(byPath) : all;
}

/** Dropped files, and all files below dropped folders. */
export async function fromDrop(data: DataTransfer): Promise<Source[]> {
  // Copied before the first `await`: after it the browser has emptied the list.
  const dropped = [...data.items].map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  }));
  const found = await Promise.all(
    dropped.map(({ entry, file }) => {
      if (entry && isFolder(entry)) return walk(entry, '');
      return file ? [{ file, name: file.name, folder: '' }] : [];
    }),
  );
  return found.flat().filter(isWanted);
}

async function walk(entry: FileSystemEntry, folder: string): Promise<Source[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ file, name: file.name, folder }];
  }
  if (!isFolder(entry)) return [];
  const children = await list(entry);
  const found = await Promise.all(children.map((child) => walk(child, `${folder}${entry.name}/`)));
  return found.flat();
}

async function list(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // Each call returns some entries; an empty answer is the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all.sort((a, b) => NATURAL.compare(a.name, b.name));
    all.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** A file that was chosen by itself is always wanted: if it cannot be read, its row says so. */
function isWanted({ folder, name }: Source): boolean {
  return folder === '' || (RECORDING.test(name) && !name.startsWith('.'));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
