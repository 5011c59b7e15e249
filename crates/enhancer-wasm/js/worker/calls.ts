/** What the worker does for the page. */
import init, { Enhancer, render as renderTake, startWorkers } from '../../pkg/enhancer_wasm.js';
import { EnhancerError, failureOf } from '../shared/error.js';
import type {
  CallName,
  Calls,
  Loaded,
  LoadInput,
  Reply,
  Request,
  Taken,
  Written,
} from '../shared/protocol.js';
import type { Progress } from '../shared/types.js';
import { compiled } from './module.js';
import { Storage } from './storage.js';

/** What every call gets beside its input. */
interface Context {
  onProgress: (progress: Progress) => void;
  signal: AbortSignal;
}

type Call<Name extends CallName> = (
  input: Calls[Name]['input'],
  context: Context,
) => Promise<Calls[Name]['output']>;

const models = new Map<number, Enhancer>();
let loads = 0;
const underWay = new Map<number, AbortController>();
let storage: Promise<Storage | undefined> | undefined;
let started: Promise<number> | undefined;

const calls: { [Name in CallName]: Call<Name> } = {
  async load(input): Promise<Loaded> {
    started ??= start(input);
    const pool = await started.catch((thrown) => {
      // The next load may have more luck.
      started = undefined;
      throw thrown;
    });
    const enhancer = await Enhancer.load(input.model);
    // Never one of a model that was closed, whose owner may still call.
    const model = loads++;
    models.set(model, enhancer);
    const { name, sampleRate, licence } = enhancer;
    return { model, name, sampleRate, licence, threads: pool };
  },

  async enhance({ model, file, options }, { onProgress, signal }): Promise<Written> {
    const { blob, summary } = await loaded(model).enhance(file, options, onProgress, signal);
    return { blob, summary };
  },

  async take({ model, file, options }, { onProgress, signal }): Promise<Taken> {
    const { result, blob, stored } = await written((sink) =>
      loaded(model).take(file, options, sink, onProgress, signal),
    );
    return { audio: blob, stored, summary: result.summary, peaks: result.peaks };
  },

  async render({ source, audio, reading, options }, { onProgress, signal }): Promise<Written> {
    const asked = { ...options, ...reading };
    const { result, blob } = await written((sink) =>
      renderTake(source, audio, asked, sink, onProgress, signal),
    );
    return { blob: blob.slice(0, blob.size, result.mediaType), summary: result.summary };
  },

  async discard({ stored }): Promise<undefined> {
    await (await storage)?.remove(stored);
  },

  async close({ model }): Promise<undefined> {
    models.get(model)?.free();
    models.delete(model);
  },
};

/** Answers a request of the page. */
export function serve(request: Request): void {
  if (request.name === 'abort') underWay.get(request.id)?.abort();
  else void answer(request);
}

async function answer({ id, name, input }: Exclude<Request, { name: 'abort' }>): Promise<void> {
  const controller = new AbortController();
  underWay.set(id, controller);
  const onProgress = (progress: Progress) =>
    reply({ id, kind: 'progress', progress: withFraction(progress) });
  try {
    // Of each name the input is the one that its call takes; the compiler cannot follow that.
    const call = calls[name] as Call<CallName>;
    const output = await call(input, { onProgress, signal: controller.signal });
    reply({ id, kind: 'done', output });
  } catch (thrown) {
    reply({ id, kind: 'failed', failure: failureOf(thrown) });
  } finally {
    underWay.delete(id);
  }
}

function withFraction(progress: Progress): Progress {
  const { enhanced, expected } = progress;
  // Some files declare less than they contain.
  return expected ? { ...progress, fraction: Math.min(enhanced / expected, 1) } : progress;
}

function reply(reply: Reply): void {
  self.postMessage(reply);
}

/** Starts the wasm instance and its pool, and gives the number of threads. */
async function start({ threads, wasm, base }: LoadInput): Promise<number> {
  // A start that failed has opened it already.
  storage ??= Storage.open();
  await init({ module_or_path: await compiled(wasm, base) });
  await startWorkers(threads);
  return threads;
}

function loaded(model: number): Enhancer {
  const enhancer = models.get(model);
  if (!enhancer) throw new EnhancerError('invalid_value', 'the enhancer is closed');
  return enhancer;
}

/** Has a result written to a file, or by the binding to a Blob where there are no files. */
async function written<Result extends { blob?: Blob }>(
  write: (sink: FileSystemSyncAccessHandle | undefined) => Promise<Result>,
): Promise<{ result: Result; blob: Blob; stored: string | undefined }> {
  const sink = await (await storage)?.create();
  if (!sink) {
    const result = await write(undefined);
    return { result, blob: result.blob ?? new Blob(), stored: undefined };
  }
  try {
    const result = await write(sink.access);
    return { result, blob: await sink.finish(), stored: sink.name };
  } catch (thrown) {
    await sink.drop();
    throw thrown;
  }
}
