/**
 * Starts the threads of the pool, in place of the helper that wasm-bindgen-rayon brings: that one
 * needs workers from `blob:` addresses, which a strict policy forbids, and the module's own
 * address, which bundlers change. Here the worker's script is that of its threads too.
 */
import { EnhancerError } from '../shared/error.js';
import init, { type InitOutput, wbg_rayon_start_worker } from '../../pkg/threads/enhancer_wasm.js';

/** What the pool's builder gives and takes. */
interface Builder {
  numThreads(): number;
  receiver(): number;
  build(): void;
}

/** The first message to a thread. */
export interface ThreadStart {
  kind: 'thread';
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  receiver: number;
}

/** The most threads, as the module has it. */
const MOST = 64;

/** A worker of the pool, and whether it is one of its threads, once it was started. */
interface Thread {
  worker: Worker;
  ready: Promise<void>;
}

/**
 * Kept from the moment that they are made, for otherwise Firefox collects workers that share a memory
 * (bug 1702191), even before they say that they are ready: the pool would wait for them for ever.
 */
let threads: Thread[] = [];

/**
 * Makes the workers of so many threads. They load while the module is compiled; and while it is
 * compiled further, in the background, Firefox was seen to hang in the making of a worker.
 */
export function makeThreads(count: number): void {
  // Those are refused later.
  if (count > MOST) return;
  while (threads.length < count) threads.push(makeThread());
}

/** Called by the wasm glue. */
export async function startWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  builder: Builder,
): Promise<void> {
  const count = builder.numThreads();
  // An earlier load, which failed, may have asked for more.
  for (const { worker } of threads.splice(count)) worker.terminate();
  makeThreads(count);
  const start: ThreadStart = { kind: 'thread', module, memory, receiver: builder.receiver() };
  for (const { worker } of threads) worker.postMessage(start);
  try {
    await Promise.all(threads.map(({ ready }) => ready));
  } catch (thrown) {
    // The next load makes others.
    for (const { worker } of threads) worker.terminate();
    threads = [];
    throw thrown;
  }
  // Not before all are loaded: a thread that sleeps answers nothing.
  for (const { worker } of threads) worker.postMessage('work');
  builder.build();
}

function makeThread(): Thread {
  const { href } = self.location;
  const worker = new Worker(href, { type: ownType(), name: 'enhancer thread' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) => {
      const reason = message || 'its script could not be loaded';
      const failure = `a thread could not be started from ${href}: ${reason}`;
      reject(new EnhancerError('workers', failure));
    };
  });
  // It is asked for later.
  ready.catch(() => {});
  return { worker, ready };
}

/**
 * How this script runs: webpack and what is built on it make a classic worker of a module, whose
 * code need not be valid as a module.
 */
function ownType(): WorkerType {
  try {
    // That cannot be an address, so nothing is loaded. In a module the call itself is forbidden,
    // but Firefox allows it without an address.
    importScripts('https://:');
    return 'classic';
  } catch (thrown) {
    return thrown instanceof TypeError ? 'module' : 'classic';
  }
}

/** Makes this worker a thread of the pool, for good, with the next message. */
export async function becomeThread({ module, memory, receiver }: ThreadStart): Promise<void> {
  const { memory: shared }: InitOutput = await init({ module_or_path: module, memory });
  if (shared !== memory) throw new Error('the thread does not share the memory');
  self.onmessage = () => wbg_rayon_start_worker(receiver);
  self.postMessage('ready');
}
