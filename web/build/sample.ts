import { readFileSync } from 'node:fs';

/** Hz, of the files in audio_samples/, which are mono float32. */
const RATE = 48_000;
/** Ends in the pause after the third sentence. */
const SECONDS = 9.5;
const HEADER_BYTES = 44;

/** The first sentences of a raw sample as 16-bit WAV: a third of the size, and any player opens it. */
export function sampleAsWav(path: string): Buffer {
  const raw = readFileSync(path);
  const samples = Math.min(raw.length / 4, SECONDS * RATE);
  const wav = Buffer.alloc(HEADER_BYTES + 2 * samples);
  writeHeader(wav);
  for (let i = 0; i < samples; i++) {
    const sample = Math.max(-1, Math.min(raw.readFloatLE(4 * i), 1));
    wav.writeInt16LE(Math.round(sample * 32767), HEADER_BYTES + 2 * i);
  }
  return wav;
}

function writeHeader(wav: Buffer): void {
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // channels
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(2 * RATE, 28); // bytes a second
  wav.writeUInt16LE(2, 32); // bytes a frame
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(wav.length - HEADER_BYTES, 40);
}
