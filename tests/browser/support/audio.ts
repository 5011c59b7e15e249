/** The content of a WAV file. */
export interface Wav {
  sampleRate: number;
  channels: number;
  /** Interleaved; full scale is 1. */
  samples: Float32Array;
}

const FLOAT = 3;

/** Reads a WAV file of 16-bit or 24-bit integers, or of 32-bit floats. */
export function readWav(file: Buffer): Wav {
  let at = 12;
  let format: { float: boolean; channels: number; sampleRate: number; bytes: number } | undefined;
  while (at + 8 <= file.length) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const content = at + 8;
    if (name === 'fmt ') {
      const extensible = file.readUInt16LE(content) === 0xfffe;
      format = {
        float: file.readUInt16LE(extensible ? content + 24 : content) === FLOAT,
        channels: file.readUInt16LE(content + 2),
        sampleRate: file.readUInt32LE(content + 4),
        bytes: file.readUInt16LE(content + 14) / 8,
      };
    } else if (name === 'data' && format) {
      const { float, bytes, channels, sampleRate } = format;
      const samples = new Float32Array(Math.min(size, file.length - content) / bytes);
      for (let index = 0; index < samples.length; index++) {
        const from = content + index * bytes;
        samples[index] = float
          ? file.readFloatLE(from)
          : file.readIntLE(from, bytes) / 2 ** (8 * bytes - 1);
      }
      return { sampleRate, channels, samples };
    }
    at = content + size + (size % 2);
  }
  throw new Error('no WAV file');
}

/** Writes a WAV file of 32-bit floats. */
export function writeWav({ sampleRate, channels, samples }: Wav): Buffer {
  const header = Buffer.alloc(44);
  const bytes = 4 * samples.length;
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(FLOAT, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(4 * channels * sampleRate, 28);
  header.writeUInt16LE(4 * channels, 32);
  header.writeUInt16LE(32, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, bytes)]);
}

/** Raw 32-bit floats, little-endian. */
export function readRaw(file: Buffer): Float32Array {
  const copy = new Uint8Array(file);
  return new Float32Array(copy.buffer, 0, Math.floor(copy.length / 4));
}

/** The signal-to-noise ratio of `like` in dB. The noise is its difference from `reference`. */
export function snr(reference: Float32Array, like: Float32Array): number {
  if (reference.length !== like.length) {
    throw new Error(`${like.length} samples, expected ${reference.length}`);
  }
  let signal = 0;
  let noise = 0;
  reference.forEach((sample, index) => {
    signal += sample ** 2;
    noise += ((like[index] ?? Number.NaN) - sample) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}
