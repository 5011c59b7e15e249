import { models } from 'virtual:site';
import { size } from '../common/units';

/** Facts about the models that the build cannot read from their files. */
const WORDS: Record<string, { title: string; use: string }> = {
  deepfilternet3: { title: 'Full band', use: 'DeepFilterNet 3, best quality' },
  gtcrn: {
    title: 'Light',
    use: 'GTCRN, also removes reverberation, and everything above 8 kHz (sounds duller)',
  },
};

export function titleOf(name: string): string {
  return WORDS[name]?.title ?? name;
}

/** One line about a model: sample rate, download size, use. */
export function lineOf(name: string): string {
  const model = models.find((model) => model.name === name);
  if (!model) return '';
  return `${model.sampleRate / 1000} kHz, ${size(model.bytes)}: ${WORDS[name]?.use ?? ''}`;
}

/** The download size of a model, such as ` (4.3 MB)`. */
export function sizeOf(name: string): string {
  const bytes = models.find((model) => model.name === name)?.bytes;
  return bytes === undefined ? '' : ` (${size(bytes)})`;
}
