// Enhances the same ten seconds in every tested engine. Prints how close each result is to that of
// the command line, how long it took, and what it needs. Needs `make page edge` and a native build;
// prints a table. engines.mjs [NAME...]; without names, all engines.
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { promisify } from 'node:util';
import { HERE, RUNTIMES } from '../runtimes/programs.mjs';
import { serveWorker } from '../runtimes/worker.mjs';
import { ROOT, record, run, samples, snr } from '../support/recording.mjs';

const FOLDER = join(ROOT, 'target/engines');
const COMMAND = process.env.ENHANCER ?? join(ROOT, 'target/debug/enhancer');
const MODULES = {
  threads: 'crates/enhancer-wasm/dist/enhancer_wasm_bg.wasm',
  single: 'crates/enhancer-wasm/dist/enhancer_wasm_single_bg.wasm',
  component: 'target/edge/enhancer_audio.wasm',
};

const BROWSERS = ['chromium', 'firefox', 'webkit'];

const path = (name) => join(FOLDER, name);
const seconds = (since) => (performance.now() - since) / 1000;

/** Runs a command. Returns its output and its peak memory in bytes. */
async function watched(command, ...args) {
  const child = spawn(command, args, { cwd: HERE, stdio: ['ignore', 'pipe', 'inherit'] });
  let [printed, bytes] = ['', 0];
  child.stdout.on('data', (data) => (printed += data));
  const look = async () => (bytes = Math.max(bytes, await memoryOf(child.pid)));
  const timer = setInterval(look, 20);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return { printed, bytes };
}

/** The memory of a process and its children that is not backed by files. */
async function memoryOf(pid) {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const own = 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    const rest = await Promise.all(children.trim().split(' ').filter(Boolean).map(memoryOf));
    return rest.reduce((sum, bytes) => sum + bytes, own);
  } catch {
    // The process has ended.
    return 0;
  }
}

async function natively(source) {
  const options = [source, '-o', path('native.wav'), '-y'];
  const began = performance.now();
  const { bytes } = await watched(COMMAND, ...options);
  return { threads: cpus().length, first: seconds(began), bytes, module: COMMAND };
}

async function inBrowsers() {
  const tools = ['playwright', 'test', '-c', 'tests/browser/tools.config.ts', 'engines.tool'];
  const env = { ...process.env, ENGINES_FOLDER: FOLDER };
  await promisify(execFile)('npx', tools, { cwd: ROOT, env });
}

async function inBrowser(name) {
  const figures = JSON.parse(await readFile(path(`${name}.json`), 'utf8'));
  return { ...figures, module: figures.threads > 1 ? MODULES.threads : MODULES.single };
}

async function inRuntime(name, source) {
  const [command, ...before] = RUNTIMES[name];
  const script = join(HERE, 'timed.mjs');
  const { printed, bytes } = await watched(command, ...before, script, source, path(`${name}.wav`));
  return { ...JSON.parse(printed), bytes, module: MODULES.single };
}

async function inWorkerd(source) {
  const server = await serveWorker(path('worker'));
  const body = await readFile(source);
  const took = [];
  let bytes = 0;
  for (let count = 0; count < 2; count++) {
    const began = performance.now();
    const response = await fetch(`${server.url}/enhance`, { method: 'POST', body });
    await writeFile(path('workerd.wav'), new Uint8Array(await response.arrayBuffer()));
    took.push(seconds(began));
    bytes = Math.max(bytes, await memoryOf(server.pid));
  }
  await server.stop();
  const [first, second] = took;
  return { threads: 1, first, second, bytes, module: MODULES.single };
}

async function inWasmtime(source) {
  const python = join(ROOT, '.tools/venv/bin/python');
  const script = join(ROOT, 'tests/bench/engines_wasmtime.py');
  const { printed, bytes } = await watched(
    python,
    script,
    join(ROOT, MODULES.component),
    source,
    path('wasmtime.wav'),
  );
  return { threads: 1, ...JSON.parse(printed), bytes, module: MODULES.component };
}

async function row(name, measure) {
  const { threads, load, first, second, bytes, module } = await measure();
  const [expected, found] = await Promise.all(
    [path('native.wav'), path(`${name}.wav`)].map((file) => readFile(file)),
  );
  const near = snr(await samples(path('native.wav')), await samples(path(`${name}.wav`)));
  const equal = found.equals(expected) ? 'the same bytes' : `${near.toFixed(0)} dB`;
  const { size } = await stat(join(ROOT, module)).catch(() => stat(module));
  const figure = (value) => (value === undefined ? '–' : `${value.toFixed(2)} s`);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  return [
    name,
    name === 'native' ? '–' : equal,
    threads,
    figure(load),
    figure(first),
    figure(second),
    megabytes(bytes),
    megabytes(size),
  ];
}

await mkdir(FOLDER, { recursive: true });
const source = await record(FOLDER);
const engines = {
  native: () => natively(source),
  ...Object.fromEntries(BROWSERS.map((name) => [name, () => inBrowser(name)])),
  ...Object.fromEntries(Object.keys(RUNTIMES).map((name) => [name, () => inRuntime(name, source)])),
  workerd: () => inWorkerd(source),
  wasmtime: () => inWasmtime(source),
};
// The other engines are compared with it.
const chosen = argv.length > 2 ? ['native', ...argv.slice(2)] : Object.keys(engines);
if (BROWSERS.some((name) => chosen.includes(name))) await inBrowsers();
console.log('| engine | result | threads | load | first run | second run | memory | program |');
console.log('|---|---|--:|--:|--:|--:|--:|--:|');
for (const name of chosen) console.log(`| ${(await row(name, engines[name])).join(' | ')} |`);
