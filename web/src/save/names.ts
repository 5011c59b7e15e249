import type { Output } from './saved';

const EXTENSIONS: Record<string, string> = {
  'audio/flac': 'flac',
  'audio/x-flac': 'flac',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/vnd.wave': 'wav',
};

/** The name of a result: `talk.m4a` gives `talk.enhanced.wav`, by the media type of what was rendered. */
export function resultName(name: string, mediaType: string, output: Output): string {
  const type = mediaType.split(';')[0]?.trim() ?? '';
  return `${name.replace(/\.[^.]{1,5}$/, '')}.${output}.${EXTENSIONS[type] ?? 'raw'}`;
}

/** The name, with a number if it is taken: `talk.enhanced (2).wav`. */
export async function freeName(
  name: string,
  isTaken: (name: string) => boolean | Promise<boolean>,
): Promise<string> {
  if (!(await isTaken(name))) return name;
  const dot = name.lastIndexOf('.');
  for (let number = 2; ; number++) {
    const numbered = `${name.slice(0, dot)} (${number})${name.slice(dot)}`;
    if (!(await isTaken(numbered))) return numbered;
  }
}
