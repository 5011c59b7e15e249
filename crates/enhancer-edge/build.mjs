// Makes a component of the module that `make edge` links before: build.mjs MODULE COMPONENT
// Prints its size and what it imports and exports.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { componentNew, componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { sections } from '../../scripts/wasm-sections.mjs';

/** Marks a custom section, which begins with the length of its name, in a byte, and the name. */
const CUSTOM = 0;
const NAMES = '\u{4}name';

/** A module without the names of its functions: a third of it, which nothing reads. */
function withoutNames(module) {
  const isNames = ({ id, content }) =>
    id === CUSTOM && module.toString('latin1', content, content + NAMES.length) === NAMES;
  const kept = sections(module).filter((section) => !isNames(section));
  const header = module.subarray(0, 8);
  return Buffer.concat([header, ...kept.map(({ start, end }) => module.subarray(start, end))]);
}

const [module, destination] = argv.slice(2);
const component = await componentNew(withoutNames(readFileSync(module)));
mkdirSync(dirname(destination), { recursive: true });
writeFileSync(destination, component);

const wit = await componentWit(component);
const named = (word) =>
  [...wit.matchAll(new RegExp(`^  ${word} (.+);$`, 'gm'))].map(([, name]) => name);
console.log(`${destination}: ${(component.length / 1e6).toFixed(1)} MB`);
console.log(`imports ${named('import').join(', ') || 'nothing'}`);
console.log(`exports ${named('export').join(', ')}`);
