import { downloadZip } from 'client-zip';
import type { Item } from '../queue/item';
import type { Settings } from '../settings/settings';
import { download } from './download';
import { freeName, resultName } from './names';
import { render } from './render';
import type { Saved } from '../queue/saved';

const NAME = 'enhanced.zip';
/** The name of an unfinished archive, if the user cannot pick a file for it. */
const SCRATCH = /^enhanced-(\d+)\.zip\.part$/;
/** How long the browser may need to copy the archive to the downloads, in milliseconds. */
const SCRATCH_MS = 3_600_000;

/** Saves the results as one archive. Renders each just before it is written. Returns the archive's name. */
export async function saveZip(
  items: readonly Item[],
  settings: Settings,
  mark: (item: Item, saved: Saved) => void,
): Promise<string> {
  // The dialog comes first: browsers allow it only right after the click.
  const picked = await pickFile();
  const written = new Map<Item, Saved>();
  const archive = downloadZip(entries(items, settings, written)).body;
  if (!archive) throw new Error('the archive has no content');
  if (picked) await archive.pipeTo(await picked.createWritable());
  else download(await throughScratch(archive), NAME);
  const archiveName = picked?.name ?? NAME;
  // Marked only now: a partial archive is worth nothing.
  for (const [item, saved] of written) {
    mark(item, { ...saved, name: `${archiveName}/${saved.name}` });
  }
  return archiveName;
}

async function* entries(items: readonly Item[], settings: Settings, written: Map<Item, Saved>) {
  const taken = new Set<string>();
  for (const item of items) {
    // The result was removed in the meantime.
    if (!item.made.peek()) continue;
    const { blob, warnings, discard } = await render(item, settings);
    try {
      const wanted = item.folder + resultName(item.name, blob.type, 'enhanced');
      const name = await freeName(wanted, (name) => taken.has(name));
      taken.add(name);
      written.set(item, { output: 'enhanced', name, bytes: blob.size, warnings });
      // The generator continues only when this file is in the archive.
      yield { name, input: blob.stream(), size: blob.size, lastModified: new Date() };
    } finally {
      await discard();
    }
  }
}

async function pickFile(): Promise<FileSystemFileHandle | undefined> {
  return window.showSaveFilePicker?.({
    suggestedName: NAME,
    types: [{ description: 'Zip archive', accept: { 'application/zip': ['.zip'] } }],
  });
}

/** Collects a stream in the browser's own file system: memory stays free. */
async function throughScratch(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const root = await navigator.storage.getDirectory();
  await clearScratch(root);
  const handle = await root.getFileHandle(`enhanced-${Date.now()}.zip.part`, { create: true });
  if (typeof handle.createWritable !== 'function') return new Response(stream).blob();
  await stream.pipeTo(await handle.createWritable());
  return handle.getFile();
}

/** Removes archives that earlier saves left behind. */
async function clearScratch(root: FileSystemDirectoryHandle): Promise<void> {
  for await (const name of root.keys()) {
    const begun = Number(SCRATCH.exec(name)?.[1] ?? Infinity);
    if (Date.now() - begun > SCRATCH_MS) await root.removeEntry(name);
  }
}
