/** The calls of an engine. */
import type { Enhancer, Rater, Take } from '../../pkg/single/enhancer_wasm_single.js';
import { EnhancerError } from '../shared/error.js';
import type {
  CallName,
  Calls,
  Loaded,
  LoadInput,
  Rendered,
  Taken,
  Written,
} from '../shared/protocol.js';
import type { Comparison, Measures, Progress } from '../shared/types.js';
import type { Engine } from './engine.js';

/** The context of a call, besides its input. */
export interface Context {
  onProgress: (progress: Progress) => void;
  signal: AbortSignal | undefined;
  /** Starts the engine at the first load. */
  start: (input: LoadInput) => Promise<Engine>;
}

type Call<Name extends CallName> = (
  input: Calls[Name]['input'],
  context: Context,
) => Promise<Calls[Name]['output']>;

const models = new Map<number, Enhancer>();
const raters = new Map<number, Rater>();
const takes = new Map<number, Take>();
let loads = 0;
let started: Promise<Engine> | undefined;

/** Makes a call. */
export function call<Name extends CallName>(
  name: Name,
  input: Calls[Name]['input'],
  context: Context,
): Promise<Calls[Name]['output']> {
  const onProgress = (progress: Progress) => context.onProgress(withFraction(progress));
  const made: Call<Name> = calls[name];
  return made(input, { ...context, onProgress });
}

const calls: { [Name in CallName]: Call<Name> } = {
  async load(input, { start }): Promise<Loaded> {
    const engine = await startOnce(input, start);
    const { enhancer, threads } = await engine.load(async (instance) => ({
      enhancer: await instance.load(input.model),
      threads: instance.threads,
    }));
    // Never the number of a model that was closed, because its owner may still call.
    const model = loads++;
    models.set(model, enhancer);
    const { name, sampleRate, licence } = enhancer;
    return { model, name, sampleRate, licence, threads };
  },

  async enhance({ model, file, options }, { onProgress, signal }): Promise<Written> {
    const enhancer = loaded(model);
    const source = await (await engine()).accept(file);
    const { blob, summary } = await enhancer.enhance(source, options, onProgress, signal);
    return { blob, summary };
  },

  async take({ model, file, options }, { onProgress, signal }): Promise<Taken> {
    const enhancer = loaded(model);
    const source = await (await engine()).accept(file);
    const { result, blob, stored } = await written((sink) =>
      enhancer.take(source, options, sink, onProgress, signal),
    );
    const { summary, peaks, video } = result;
    const take = loads++;
    takes.set(take, result.take);
    return { take, audio: blob, stored, summary, peaks, video };
  },

  async render({ take, source, audio, options }, { onProgress, signal }): Promise<Rendered> {
    const { accept } = await engine();
    const [file, both] = await Promise.all([accept(source), accept(audio)]);
    const { result, blob, stored } = await written((sink) =>
      kept(take).render(file, both, options, sink, onProgress, signal),
    );
    const typed = blob.slice(0, blob.size, result.mediaType);
    return { blob: typed, stored, summary: result.summary };
  },

  async discard({ take, stored }): Promise<undefined> {
    takes.get(take)?.free();
    takes.delete(take);
    if (stored !== undefined) await (await engine()).storage?.remove(stored);
  },

  async remove({ stored }): Promise<undefined> {
    await (await engine()).storage?.remove(stored);
  },

  async close({ model }): Promise<undefined> {
    models.get(model)?.free();
    models.delete(model);
  },

  async loadRater(input, { start }): Promise<{ rater: number }> {
    const engine = await startOnce(input, start);
    const loaded = await engine.load((instance) => instance.loadRater(input.model));
    const rater = loads++;
    raters.set(rater, loaded);
    return { rater };
  },

  async measure({ rater, file, options }, { signal }): Promise<Measures> {
    const source = await (await engine()).accept(file);
    return loadedRater(rater).measure(source, options, signal);
  },

  async compare({ rater, audio, options }, { signal }): Promise<Comparison> {
    const take = await (await engine()).accept(audio);
    return loadedRater(rater).compare(take, options, signal);
  },

  async closeRater({ rater }): Promise<undefined> {
    raters.get(rater)?.free();
    raters.delete(rater);
  },
};

async function startOnce(input: LoadInput, start: Context['start']): Promise<Engine> {
  started ??= start(input);
  return started.catch((thrown) => {
    // The next load may succeed.
    started = undefined;
    throw thrown;
  });
}

async function engine(): Promise<Engine> {
  if (!started) throw new EnhancerError('invalid_value', 'no model is loaded');
  return started;
}

function loaded(model: number): Enhancer {
  const enhancer = models.get(model);
  if (!enhancer) throw new EnhancerError('invalid_value', 'the enhancer is closed');
  return enhancer;
}

function loadedRater(id: number): Rater {
  const rater = raters.get(id);
  if (!rater) throw new EnhancerError('invalid_value', 'the rater is closed');
  return rater;
}

function kept(id: number): Take {
  const take = takes.get(id);
  if (!take) throw new EnhancerError('read', 'the take was discarded');
  return take;
}

function withFraction(progress: Progress): Progress {
  const { enhanced, expected } = progress;
  // Some files declare less than they contain.
  return expected ? { ...progress, fraction: Math.min(enhanced / expected, 1) } : progress;
}

/** Writes a result to a file, or to a Blob if the host has no files. */
async function written<Result extends { blob?: Blob }>(
  write: (sink: FileSystemSyncAccessHandle | undefined) => Promise<Result>,
): Promise<{ result: Result; blob: Blob; stored: string | undefined }> {
  const sink = await (await engine()).storage?.create();
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
