/**
 * Starts the threads of the pool. It replaces the helper of wasm-bindgen-rayon, which needs workers
 * from `blob:` addresses, although strict policies forbid them, and the module's own address, which
 * bundlers change. Here the threads run the same script as the worker.
 */
import { EnhancerError } from '../shared/error.js';
import init, { type InitOutput, wbg_rayon_start_worker } from '../../pkg/threads/enhancer_wasm.js';

/** What the pool's builder provides. */
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

/** The maximum number of threads, as in the module. */
const MOST = 64;

/** A worker of the pool, and whether it has become one of its threads. */
interface Thread {
  worker: Worker;
  ready: Promise<void>;
}

/**
 * Referenced from their creation on. Otherwise Firefox collects workers that share a memory (bug
 * 1702191), even before they report that they are ready, and the pool would wait for them for ever.
 */
let threads: Thread[] = [];

/**
 * Creates this many workers. They load while the module is compiled. It must happen then: Firefox
 * was seen to hang if a worker is created while the module is being optimised in the background.
 */
export function makeThreads(count: number): void {
  // They are refused later.
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
  // An earlier, failed load may have requested more.
  for (const { worker } of threads.splice(count)) worker.terminate();
  makeThreads(count);
  const start: ThreadStart = { kind: 'thread', module, memory, receiver: builder.receiver() };
  for (const { worker } of threads) worker.postMessage(start);
  try {
    await Promise.all(threads.map(({ ready }) => ready));
  } catch (thrown) {
    // The next load creates others.
    for (const { worker } of threads) worker.terminate();
    threads = [];
    throw thrown;
  }
  // Not before all are loaded, because a thread that sleeps does not answer.
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
  // The result is requested later.
  ready.catch(() => {});
  return { worker, ready };
}

/**
 * Whether this script runs as a module. webpack and bundlers based on it turn a module into a
 * classic worker, whose code need not be valid as a module.
 */
function ownType(): WorkerType {
  try {
    // This address is invalid, so nothing is loaded. In a module the call itself is forbidden, but
    // Firefox allows it without an address.
    importScripts('https://:');
    return 'classic';
  } catch (thrown) {
    return thrown instanceof TypeError ? 'module' : 'classic';
  }
}

/** Makes this worker a thread of the pool for good, with the next message. */
export async function becomeThread({ module, memory, receiver }: ThreadStart): Promise<void> {
  const { memory: shared }: InitOutput = await init({ module_or_path: module, memory });
  if (shared !== memory) throw new Error('the thread does not share the memory');
  self.onmessage = () => wbg_rayon_start_worker(receiver);
  self.postMessage('ready');
}
