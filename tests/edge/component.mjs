// The component in Node.js: jco makes an ES module from the file that `make edge` builds.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, run } from '../support/recording.mjs';

export const CRATE = join(ROOT, 'crates/enhancer-edge');
export const COMPONENT = join(ROOT, 'target/edge/enhancer_audio.wasm');

/** Transpiles the component into a folder. */
export const transpile = (folder) =>
  run(CRATE, process.execPath, 'transpile.mjs', COMPONENT, folder);

/** A new instance of the component in a folder, and a function that returns its memory in bytes. */
export async function start(folder) {
  const { instantiate } = await import(pathToFileURL(join(folder, 'enhancer.js')));
  const load = async (name) => WebAssembly.compile(await readFile(join(folder, name)));
  const memories = [];
  const note = async (module, imports) => {
    const instance = await WebAssembly.instantiate(module, imports);
    if (instance.exports.memory) memories.push(instance.exports.memory);
    return instance;
  };
  const component = await instantiate(load, {}, note);
  const memory = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  return { ...component, memory };
}
