// Makes the shared memory of a WebAssembly module an ordinary one: unshare-memory.mjs MODULE RESULT
// See crates/enhancer-wasm/build.rs.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { sections } from './wasm-sections.mjs';

const MEMORY = 5;
/** How a memory with a maximum is marked, shared or not. */
const SHARED = 3;
const ORDINARY = 1;

const [file, result] = argv.slice(2);
const module = readFileSync(file);
const memory = sections(module).find(({ id }) => id === MEMORY);
// One memory, of which the first byte behind their number says what it is.
if (!memory || module[memory.content] !== 1 || module[memory.content + 1] !== SHARED) {
  throw new Error(`${file} does not have one shared memory of its own`);
}
module[memory.content + 1] = ORDINARY;
writeFileSync(result, module);
