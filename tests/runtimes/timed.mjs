// Enhances a file twice, in any runtime: timed.mjs SOURCE DESTINATION
// Prints the threads, and the seconds of loading the model and of each run, as JSON.
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import model from 'enhancer-model-deepfilternet3';
import { Enhancer } from 'enhancer-wasm';

const [source, destination] = argv.slice(2);
const bytes = new Uint8Array(await readFile(source));
const marks = [performance.now()];
const enhancer = await Enhancer.load(model);
marks.push(performance.now());
await enhancer.enhanceFile(bytes);
marks.push(performance.now());
const result = await enhancer.enhanceFile(bytes);
marks.push(performance.now());
await writeFile(destination, result);
const [load, first, second] = marks.slice(1).map((mark, at) => (mark - marks[at]) / 1000);
console.log(JSON.stringify({ threads: enhancer.threads, load, first, second }));
