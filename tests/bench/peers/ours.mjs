/** Our npm package with DeepFilterNet 3. */
import { Enhancer } from 'enhancer-wasm';

const RATE = 48_000;
const BYTES = 4;
const HOP = 480;
const raw = { sampleFormat: 'f32le', sampleRate: RATE, channels: 1 };

/** Enhances a whole recording: decoding, front-end, network, encoding. */
export async function ours(threads, hops) {
  const source = await recording(HOP * hops);
  const enhancer = await Enhancer.load('/models/compiled/deepfilternet3', { threads });
  if (enhancer.threads !== threads) {
    throw new Error(`our package runs ${enhancer.threads} threads, expected ${threads}`);
  }
  return async () => {
    const result = await enhancer.enhanceFile(source, { raw });
    if (result.size !== source.size) {
      throw new Error(`our result has ${result.size} bytes, expected ${source.size}`);
    }
  };
}

/** Speech with noise, repeated as needed. */
async function recording(samples) {
  const sample = await (await fetch('/audio_samples/audio_file_48k.raw')).blob();
  const bytes = samples * BYTES;
  return new Blob(Array(Math.ceil(bytes / sample.size)).fill(sample)).slice(0, bytes);
}
