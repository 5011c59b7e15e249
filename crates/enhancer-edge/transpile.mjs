// Makes an ES module from the component, for hosts that run JavaScript: transpile.mjs COMPONENT
// FOLDER
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { transpileBytes } from '@bytecodealliance/jco-transpile';

const [component, folder] = argv.slice(2);
const options = { name: 'enhancer', instantiation: 'async', nodejsCompat: false };
const { files } = await transpileBytes(await readFile(component), options);
for (const [name, content] of Object.entries(files)) {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
