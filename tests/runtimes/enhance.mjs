// Enhances a file, in any runtime: enhance.mjs SOURCE DESTINATION [FORM [FOLDER]]
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import model from 'enhancer-model-deepfilternet3';
import { Enhancer } from 'enhancer-wasm';

const [source, destination, form = 'bytes', folder] = argv.slice(2);
const bytes = new Uint8Array(await readFile(source));
const forms = {
  bytes: () => bytes,
  blob: () => new Blob([bytes]),
  stream: () => new Blob([bytes]).stream(),
};

// The model of a package, or a folder below models/.
const chosen = folder ? new URL(`../../models/${folder}`, import.meta.url) : model;
const enhancer = await Enhancer.load(chosen);
const result = await enhancer.enhanceFile(forms[form]());
await writeFile(destination, new Uint8Array(await new Response(result).arrayBuffer()));
