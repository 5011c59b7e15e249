import type { Take } from 'enhancer-wasm';
import { columnsOf, readsFor } from './columns';
import type { Blend } from './mix';
import type { Job, Picture } from './spectrogram_job';
import type { View } from './view';

export const ROWS = 192;
/** Columns that one step of a picture computes. */
const STEP = 48;

/** The signals that are shown: the original, and the result or the removed part (`made`). */
export const SIGNALS = ['original', 'made'] as const;
export type Signal = (typeof SIGNALS)[number];

/** A finished part of a signal's picture, from column `from` on. */
export interface Part {
  signal: Signal;
  from: number;
  image: ImageData;
  /** The largest magnitude in each column, of the samples that were read. */
  peaks: Float32Array;
  /** Whether all samples of the columns were read, not only some. */
  gapless: boolean;
}

/** Milliseconds after which a worker or a read that has not answered counts as failed. */
const PATIENCE = 20_000;

let worker: Worker | undefined;
let jobs = 0;

/**
 * Computes `count` columns of both signals' spectrograms and reports them part by part, until
 * `signal` aborts. Reads only the samples that they show. The second signal is the blend `made`.
 * Samples are blended, not colours: colours stand for levels in dB, and the mean of two levels is
 * not the level of the mean signal.
 */
export async function picture(
  take: Take,
  view: View,
  count: number,
  made: Blend,
  signal: AbortSignal,
  tell: (part: Part) => void,
): Promise<void> {
  const rate = take.summary.sampleRate;
  const columns = columnsOf(view, rate, count);
  for (let from = 0; from < count && !signal.aborted; from += STEP) {
    const to = Math.min(from + STEP, count);
    const stretches = readsFor(columns, from, to, take.summary.samples);
    const reads = await Promise.all(
      stretches.map(async ({ from, count }) => blended(await inTime(take.read(from, count)), made)),
    );
    for (const name of SIGNALS) {
      if (signal.aborted) return;
      const samples = stretches.map((stretch, i) => ({
        ...stretch,
        channels: reads[i]?.[name] ?? [],
      }));
      const { image, peaks } = await ask({ columns, from, to, rate, rows: ROWS, samples });
      if (signal.aborted) return;
      tell({
        signal: name,
        from,
        image: new ImageData(image, to - from),
        peaks,
        gapless: columns.hop <= columns.size,
      });
    }
  }
}

/** The original, and the blend of both signals. */
function blended(
  { original, enhanced }: Record<keyof Blend, Float32Array[]>,
  blend: Blend,
): Record<Signal, Float32Array[]> {
  const made = enhanced.map((samples, channel) =>
    samples.map(
      (sample, at) => blend.enhanced * sample + blend.original * (original[channel]?.[at] ?? 0),
    ),
  );
  return { original, made };
}

/** Fails if a read takes too long. */
function inTime<T>(read: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () =>
      reject(
        new Error(
          'The spectrogram could not be drawn: the stored audio cannot be read. Reload the page.',
        ),
      );
    const timer = setTimeout(giveUp, PATIENCE);
    read.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function ask(job: Omit<Job, 'id'>): Promise<Picture> {
  worker ??= new Worker(new URL('./spectrogram_worker.ts', import.meta.url), { type: 'module' });
  const asked = worker;
  const id = ++jobs;
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      asked.removeEventListener('message', answered);
      asked.removeEventListener('error', failed);
    };
    const answered = ({ data }: MessageEvent<Picture>) => {
      if (data.id !== id) return;
      finish();
      resolve(data);
    };
    const giveUp = (reason: string) => {
      finish();
      asked.terminate();
      // The next picture gets a fresh worker.
      if (worker === asked) worker = undefined;
      reject(new Error(`The spectrogram could not be drawn: ${reason}. Reload the page.`));
    };
    const failed = (event: ErrorEvent) => giveUp(event.message || 'its worker did not start');
    const timer = setTimeout(() => giveUp('its worker does not answer'), PATIENCE);
    asked.addEventListener('message', answered);
    asked.addEventListener('error', failed);
    asked.postMessage({ id, ...job } satisfies Job);
  });
}
