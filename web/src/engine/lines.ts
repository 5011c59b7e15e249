import { models } from 'virtual:site';
import { size } from '../common/units';

/** What the build cannot know of a model. */
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

/** One honest line: rate, download, what it is for. */
export function lineOf(name: string): string {
  const model = models.find((model) => model.name === name);
  if (!model) return '';
  return `${model.sampleRate / 1000} kHz, ${size(model.bytes)}: ${WORDS[name]?.use ?? ''}`;
}

/** What there is to load of a model, such as ` (4.3 MB)`. */
export function sizeOf(name: string): string {
  const bytes = models.find((model) => model.name === name)?.bytes;
  return bytes === undefined ? '' : ` (${size(bytes)})`;
}
