// Makes a component from the module that cargo has linked: build.mjs MODULE COMPONENT [PACKAGE...]
// Prints its size, imports and exports. Fails if it imports anything from other packages than
// these.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { componentNew, componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';

const [module, destination, ...packages] = argv.slice(2);
const component = await componentNew(readFileSync(module));
const wit = await componentWit(component);
const named = (word) =>
  [...wit.matchAll(new RegExp(`^  ${word} (.+);$`, 'gm'))].map(([, name]) => name);
const imports = named('import');
const isAllowed = (name) => packages.some((allowed) => name.startsWith(`${allowed}/`));
const others = imports.filter((name) => !isAllowed(name));
if (others.length > 0) throw new Error(`the component imports ${others.join(', ')}`);
mkdirSync(dirname(destination), { recursive: true });
writeFileSync(destination, component);
console.log(`${destination}: ${(component.length / 1e6).toFixed(1)} MB`);
console.log(imports.length > 0 ? `imports ${imports.join(', ')}` : 'imports nothing');
console.log(`exports ${named('export').join(', ')}`);
