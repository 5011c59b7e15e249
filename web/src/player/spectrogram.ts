import type { Take } from 'enhancer-wasm';
import { type Columns, columnsOf, readsFor } from './columns';
import type { Job, Picture } from './spectrogram_job';
import type { View } from './view';

export const ROWS = 192;
/** Columns that one step of a picture computes. */
const STEP = 48;

export const SIGNALS = ['original', 'enhanced'] as const;
export type Signal = (typeof SIGNALS)[number];

/** A finished part of a signal's picture, from column `from` on. */
export interface Part {
  signal: Signal;
  from: number;
  image: ImageData;
  /** The largest magnitude in each column; none where columns are so far apart that not all was read. */
  peaks: Float32Array | undefined;
}

/** Milliseconds after which a worker that has not answered never will. */
const PATIENCE = 20_000;

let worker: Worker | undefined;
let jobs = 0;

/**
 * Computes `count` columns of both signals' pictures and reports them part by part, until `signal`
 * aborts. Reads only what they show. The enhanced one has the share `wet` of the enhanced audio in
 * it, as it is heard and saved: samples are blended, not colours, because a colour stands for a
 * level in dB, and half of two levels is not the level of half and half.
 */
export async function picture(
  take: Take,
  view: View,
  count: number,
  wet: number,
  signal: AbortSignal,
  tell: (part: Part) => void,
): Promise<void> {
  const rate = take.summary.sampleRate;
  const columns = columnsOf(view, rate, count);
  for (let from = 0; from < count && !signal.aborted; from += STEP) {
    const to = Math.min(from + STEP, count);
    const stretches = readsFor(columns, from, to, take.summary.samples);
    const reads = await Promise.all(
      stretches.map(async ({ from, count }) => blended(await take.read(from, count), wet)),
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
        peaks: gapless(columns) ? peaks : undefined,
      });
    }
  }
}

/** Both signals, the enhanced one with the rest of the original in it. */
function blended(
  { original, enhanced }: Record<Signal, Float32Array[]>,
  wet: number,
): Record<Signal, Float32Array[]> {
  if (wet === 1) return { original, enhanced };
  const mixed = enhanced.map((samples, channel) =>
    samples.map((sample, at) => wet * sample + (1 - wet) * (original[channel]?.[at] ?? 0)),
  );
  return { original, enhanced: mixed };
}

function gapless({ hop, size }: Columns): boolean {
  return hop <= size;
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
