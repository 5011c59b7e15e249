import type { Output } from '../queue/saved';

/** File extensions by the media types that the package gives. */
const EXTENSIONS: Record<string, string> = {
  'audio/flac': 'flac',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'opus',
  'audio/wav': 'wav',
  'video/matroska': 'mkv',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
};

/** Other extensions of the same formats. The core keeps them too. */
const ALIASES: Record<string, string> = { m4v: 'mp4', '3gp': 'mp4', '3g2': 'mp4', qt: 'mov' };

/**
 * The name of a result by the core's rule (`enhanced_name`): as M4A, `talk.mp4` gives
 * `talk.enhanced.m4a`. The source's extension stays if it fits the rendered format. A source that
 * is itself a result of the same kind gets a number: `talk.enhanced.wav` gives
 * `talk.enhanced (2).wav`. Tests compare core and page with `tests/contract/names.json`.
 */
export function resultName(name: string, mediaType: string, output: Output): string {
  const [, stem = name, given = ''] = /^(.+)\.([a-z0-9]{1,5})$/is.exec(name) ?? [];
  const extension = EXTENSIONS[mediaType] ?? 'raw';
  const own = given.toLowerCase();
  const isKept = own === extension || ALIASES[own] === extension;
  return `${resultStem(stem, output)}.${isKept ? given : extension}`;
}

function resultStem(stem: string, output: Output): string {
  const again = new RegExp(`^(.+\\.${output})(?: \\((\\d{1,9})\\))?$`, 's').exec(stem);
  return again ? `${again[1]} (${Number(again[2] ?? 1) + 1})` : `${stem}.${output}`;
}

/** The name, with a number if the name is taken: `talk.enhanced (2).wav`. */
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
