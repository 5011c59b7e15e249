// Prints the measures of a recording, in any runtime: measure.mjs SOURCE
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { Rater } from 'enhancer-wasm';
import network from '../../packages/enhancer-model-dnsmos/index.js';

const rater = await Rater.load(network);
const measures = await rater.measure(new Uint8Array(await readFile(argv[2])));
rater.close();
console.log(JSON.stringify(measures));
