// Makes a component of the module that cargo has linked: build.mjs MODULE COMPONENT
// Prints its size and what it exports; fails if it imports anything.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { componentNew, componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';

const [module, destination] = argv.slice(2);
const component = await componentNew(readFileSync(module));
const wit = await componentWit(component);
const named = (word) =>
  [...wit.matchAll(new RegExp(`^  ${word} (.+);$`, 'gm'))].map(([, name]) => name);
const imports = named('import');
if (imports.length > 0) throw new Error(`the component imports ${imports.join(', ')}`);
mkdirSync(dirname(destination), { recursive: true });
writeFileSync(destination, component);
console.log(`${destination}: ${(component.length / 1e6).toFixed(1)} MB`);
console.log('imports nothing');
console.log(`exports ${named('export').join(', ')}`);
