import { sampleAfter, sample } from 'virtual:site';
import type { Take } from 'enhancer-wasm';

/** The sample rate of both files of the sample, Hz. */
const RATE = 48_000;

/** The sample before and after, decoded by the browser: neither a model nor the package is needed. */
export async function decodedSample(): Promise<Pick<Take, 'summary' | 'read'>> {
  const [original, enhanced] = await Promise.all([decoded(sample), decoded(sampleAfter)]);
  const samples = Math.min(original.length, enhanced.length);
  return {
    summary: {
      samples,
      channels: 1,
      sampleRate: RATE,
      durationSeconds: samples / RATE,
      video: false,
      usualContainer: 'wav',
      usualSampleFormat: 's16le',
      track: { number: 1, count: 1 },
      warnings: [],
    },
    read: async (from, count) => ({
      original: [original.slice(from, Math.min(from + count, samples))],
      enhanced: [enhanced.slice(from, Math.min(from + count, samples))],
    }),
  };
}

async function decoded(address: string): Promise<Float32Array> {
  const response = await fetch(address);
  if (!response.ok) {
    throw new Error(
      `The sample could not be loaded: the server responded with ${response.status}.`,
    );
  }
  const context = new OfflineAudioContext(1, 1, RATE);
  const audio = await context.decodeAudioData(await response.arrayBuffer());
  return audio.getChannelData(0);
}
