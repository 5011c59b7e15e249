import { spectrumStart } from './columns';
import { largest } from './peaks';
import type { Job, Picture, Samples } from './spectrogram_job';
import { paint, rowsOf, Spectrum } from './spectrum';

/** Computes spectrograms off the main thread. */
addEventListener('message', ({ data }: MessageEvent<Job>) => {
  const picture = draw(data);
  postMessage(picture, { transfer: [picture.image.buffer, picture.peaks.buffer] });
});

function draw(job: Job): Picture {
  const { columns, from, to, rate } = job;
  const width = to - from;
  const image = new Uint8ClampedArray(4 * width * job.rows);
  const peaks = new Float32Array(width);
  const spectrum = new Spectrum(columns.size);
  const rows = rowsOf(job.rows, spectrum.bins, rate);
  const window = new Float32Array(columns.size);
  const [magnitudes, loudest] = [new Float32Array(spectrum.bins), new Float32Array(spectrum.bins)];
  for (let column = 0; column < width; column++) {
    const start = spectrumStart(columns, from + column);
    const samples = holding(job.samples, start, columns.size);
    loudest.fill(0);
    // Channels are transformed separately: a sum would cancel parts that are out of phase.
    for (const channel of samples?.channels ?? []) {
      fill(window, channel, start - (samples?.from ?? 0));
      spectrum.of(window, magnitudes);
      magnitudes.forEach((magnitude, bin) => {
        loudest[bin] = Math.max(loudest[bin] ?? 0, magnitude);
      });
    }
    paint(image, width, column, loudest, rows);
    peaks[column] = samples
      ? peakOf(samples, columns.first + (from + column) * columns.hop, columns.hop)
      : 0;
  }
  return { id: job.id, image, peaks };
}

/** The samples that contain the stretch, which may extend beyond the ends of the file. */
function holding(samples: Samples[], start: number, count: number): Samples | undefined {
  return samples.find(({ from, count: held }) => start < from + held && start + count > from);
}

/** Copies samples from `start` on. Places outside of them become silence. */
function fill(window: Float32Array, samples: Float32Array, start: number): void {
  window.fill(0);
  const held = samples.subarray(Math.max(start, 0), Math.max(start + window.length, 0));
  window.set(held, Math.max(-start, 0));
}

function peakOf({ from, channels }: Samples, start: number, count: number): number {
  const first = Math.floor(start) - from;
  const end = Math.max(Math.ceil(start + count) - from, first + 1);
  return Math.max(0, ...channels.map((channel) => largest(channel, first, end)));
}
