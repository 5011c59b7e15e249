import type { Which } from '../engine/modules.js';

/** The modules that run outside of pages. */
export type WhichHere = Exclude<Which, 'wasm'>;

/** What a runtime other than a browser's page provides. */
export interface Host {
  /** Compiles a module of the package. */
  modules: Record<WhichHere, () => Promise<WebAssembly.Module>>;
  /** Reads a file. `undefined` if the runtime has no files. */
  readFile: ((path: string | URL) => Promise<Uint8Array>) | undefined;
}

let host: Host | undefined;

/** Sets the host. */
export function runOn(given: Host): void {
  host = given;
}

export function here(): Host {
  if (!host) throw new Error('the entry of the package has not said where it runs');
  return host;
}
