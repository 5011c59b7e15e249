import { EnhancerError } from '../shared/error.js';

/** The folder of the origin's private file system that holds all of this package's files. */
const FOLDER = 'enhancer-wasm';

/** A file that is being written. */
export interface Sink {
  readonly name: string;
  readonly access: FileSystemSyncAccessHandle;
  /** Ends writing and returns the file. */
  finish(): Promise<File>;
  /** Ends writing and removes the file. */
  drop(): Promise<void>;
}

/**
 * The files of this page in the origin's private file system. They are deleted with the page: each
 * page has its own folder and holds a lock with the folder's name. A page that starts removes all
 * folders whose lock nobody holds.
 */
export class Storage {
  readonly #folder: FileSystemDirectoryHandle;
  #files = 0;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /** Returns `undefined` if the browser has no such files. Results are then Blobs. */
  static async open(): Promise<Storage | undefined> {
    try {
      if (typeof FileSystemFileHandle.prototype.createSyncAccessHandle !== 'function')
        return undefined;
      const root = await navigator.storage.getDirectory();
      const all = await root.getDirectoryHandle(FOLDER, { create: true });
      const name = crypto.randomUUID();
      // The lock comes before the folder. Otherwise another page would treat the folder as
      // abandoned.
      await hold(name);
      const folder = await all.getDirectoryHandle(name, { create: true });
      void removeLeftovers(all, name);
      return new Storage(folder);
    } catch {
      // Private windows of some browsers have these functions but refuse to run them.
      return undefined;
    }
  }

  /** @throws {EnhancerError} `write` if there is no room for another file. */
  async create(): Promise<Sink> {
    const name = `${this.#files++}`;
    const { file, access } = await this.#open(name).catch((thrown) => {
      throw new EnhancerError(
        'write',
        `the browser has no storage left for the result: ${String(thrown)}`,
      );
    });
    return {
      name,
      access,
      finish: () => {
        access.close();
        return file.getFile();
      },
      drop: () => {
        access.close();
        return this.remove(name);
      },
    };
  }

  async #open(name: string) {
    const file = await this.#folder.getFileHandle(name, { create: true });
    return { file, access: await file.createSyncAccessHandle() };
  }

  /** Removes a file. It does not fail if the file is already gone. */
  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name).catch((thrown) => {
      if (!(thrown instanceof DOMException && thrown.name === 'NotFoundError')) throw thrown;
    });
  }
}

function lockOf(folder: string): string {
  return `${FOLDER}/${folder}`;
}

/** Takes the lock of a folder for as long as this worker lives. */
function hold(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const forEver = () => {
      resolve();
      return new Promise<never>(() => {});
    };
    navigator.locks.request(lockOf(folder), forEver).catch(reject);
  });
}

async function removeLeftovers(all: FileSystemDirectoryHandle, own: string): Promise<void> {
  for await (const folder of all.keys()) {
    if (folder === own) continue;
    await navigator.locks.request(lockOf(folder), { ifAvailable: true }, async (lock) => {
      // A file that another page still reads stays until the next page starts.
      if (lock) await all.removeEntry(folder, { recursive: true }).catch(() => {});
    });
  }
}
