/** The contestants that run on a page. The caller runs one at a time, so that pages and contestants take turns. */
import { litert } from './litert.mjs';
import { onnxruntime } from './onnxruntime.mjs';
import { ours } from './ours.mjs';

const LOADERS = { ours, onnxruntime, litert };
const loaded = new Map();

/** Loads a contestant and runs it once, because the first run compiles. */
export async function load(name, threads, hops) {
  const run = await LOADERS[name](threads, hops);
  await run();
  loaded.set(name, { run, hops });
}

/** The microseconds for each hop. */
export async function timed(name) {
  const { run, hops } = loaded.get(name);
  const started = performance.now();
  await run();
  return (1000 * (performance.now() - started)) / hops;
}
