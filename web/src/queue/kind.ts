/** What the first bytes of a file say about its format. */
export interface Kind {
  /** Such as `MP3`. */
  name: string;
  /** In what its result is saved unless another format is chosen. */
  container: 'wav' | 'flac' | 'mp3' | 'opus' | 'm4a';
  /** Bytes of one sample of that result, where the first bytes of the file decide it. */
  sampleBytes?: number;
}

/** Enough for the headers of WAV and FLAC, and for the first page of Ogg. */
const START_BYTES = 4096;

export async function startOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer());
}

export function kindOf(start: Uint8Array, fileName: string): Kind {
  const text = latin1(start);
  if (text.startsWith('fLaC')) return flac(start);
  if (/^(RIFF|RF64|BW64)....WAVE/s.test(text)) return wav(start, text);
  if (text.startsWith('OggS')) {
    return { name: text.includes('OpusHead') ? 'Opus' : 'Ogg', container: 'opus' };
  }
  if (text.startsWith('ID3')) return { name: 'MP3', container: 'mp3' };
  if (/^\xff[\xf0\xf1\xf8\xf9]/.test(text)) return { name: 'AAC', container: 'm4a' };
  if (/^\xff[\xe2-\xef\xf2-\xf7\xfa-\xff]/.test(text)) return { name: 'MP3', container: 'mp3' };
  if (text.startsWith('\x1aE\xdf\xa3')) {
    return { name: text.includes('webm') ? 'WebM' : 'MKV', container: 'opus' };
  }
  const name = extensionOf(fileName);
  if (text.slice(4, 8) === 'ftyp') return { name: name ?? 'MP4', container: 'm4a' };
  return { name: name ?? 'this format', container: 'wav' };
}

function flac(start: Uint8Array): Kind {
  // The low bit of one byte and the high four of the next, of the block that always comes first.
  const bits = (((start[20] ?? 0) & 1) << 4) + ((start[21] ?? 0) >> 4) + 1;
  return { name: 'FLAC', container: 'flac', sampleBytes: bits > 16 ? 3 : 2 };
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

function wav(start: Uint8Array, text: string): Kind {
  const kind: Kind = { name: 'WAV', container: 'wav' };
  const format = text.indexOf('fmt ') + 8;
  if (format < 8 || format + 26 > start.length) return kind;
  const view = new DataView(start.buffer, start.byteOffset);
  const declared = view.getUint16(format, true);
  const tag = declared === EXTENSIBLE ? view.getUint16(format + 24, true) : declared;
  const bits = view.getUint16(format + 14, true);
  const kept = tag === PCM ? [16, 24, 32].includes(bits) : tag === FLOAT && bits === 32;
  return kept ? { ...kind, sampleBytes: bits / 8 } : kind;
}

function extensionOf(name: string): string | undefined {
  return /\.([a-z0-9]{2,4})$/i.exec(name)?.[1]?.toUpperCase();
}

/** One character a byte, for comparing. Not by TextDecoder, whose latin1 is Windows-1252. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
