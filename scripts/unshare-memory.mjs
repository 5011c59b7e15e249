// Turns the shared memory of a WebAssembly module into an ordinary one: unshare-memory.mjs MODULE
// RESULT See crates/enhancer-wasm/build.rs.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { sections } from './wasm-sections.mjs';

const MEMORY = 5;
/** The flags of a memory with a maximum, shared or not. */
const SHARED = 3;
const ORDINARY = 1;

const [file, result] = argv.slice(2);
const module = readFileSync(file);
const memory = sections(module).find(({ id }) => id === MEMORY);
// There must be one memory. The byte after the number of memories contains its flags.
if (!memory || module[memory.content] !== 1 || module[memory.content + 1] !== SHARED) {
  throw new Error(`${file} does not have one shared memory of its own`);
}
module[memory.content + 1] = ORDINARY;
writeFileSync(result, module);
