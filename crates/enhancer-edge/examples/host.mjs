// Enhances a file with the component in Node.js: host.mjs FOLDER SOURCE DESTINATION
// FOLDER is the output of `node transpile.mjs COMPONENT FOLDER`.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

const [folder, source, destination] = argv.slice(2);
const { instantiate } = await import(pathToFileURL(resolve(folder, 'enhancer.js')));
const load = async (name) => WebAssembly.compile(await readFile(join(folder, name)));
const { models, enhance } = await instantiate(load, {});

const model = models.Model.load('deepfilternet3');
const controls = { postFilter: false, exact: false };
const result = enhance.enhance(model, await readFile(source), {
  strict: false,
  level: false,
  controls,
});
await writeFile(destination, result.file);
for (const { text } of result.warnings) console.error(`warning: ${text}`);
