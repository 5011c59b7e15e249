/** Bytes to read: enough for the first page of an Ogg file. */
const START_BYTES = 4096;

export async function startOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer());
}

/** The names of MP4 files by their extensions. */
const MP4_NAMES: ReadonlySet<string> = new Set(['MP4', 'M4A', 'M4B', 'M4V', 'MOV', '3GP']);

/** The name of a file's format, such as `MP3`: by its first bytes, or else by its name. */
export function kindOf(start: Uint8Array, fileName: string): string {
  const text = latin1(start);
  if (text.startsWith('fLaC')) return 'FLAC';
  if (/^(RIFF|RF64|BW64)....WAVE/s.test(text)) return 'WAV';
  if (text.startsWith('OggS')) return text.includes('OpusHead') ? 'Opus' : 'Ogg';
  if (text.startsWith('ID3')) return 'MP3';
  if (/^\xff[\xf0\xf1\xf8\xf9]/.test(text)) return 'AAC';
  if (/^\xff[\xe2-\xef\xf2-\xf7\xfa-\xff]/.test(text)) return 'MP3';
  if (text.startsWith('\x1aE\xdf\xa3')) return text.includes('webm') ? 'WebM' : 'MKV';
  const extension = extensionOf(fileName);
  if (text.slice(4, 8) !== 'ftyp') return extension ?? 'this format';
  return extension && MP4_NAMES.has(extension) ? extension : 'MP4';
}

function extensionOf(name: string): string | undefined {
  return /\.([a-z0-9]{2,4})$/i.exec(name)?.[1]?.toUpperCase();
}

/** One character per byte, for comparisons. TextDecoder cannot be used: its latin1 is Windows-1252. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
