import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ENHANCER, PAGE, PASSTHROUGH } from './paths.ts';

export interface Server {
  url: string;
  close(): Promise<void>;
}

/** Calls `use` with a folder that is removed afterwards. */
export function inFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'enhancer-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The result of the command line for a file, as bytes. */
export function enhanceNatively(source: string, extension: string, ...options: string[]): Buffer {
  return inFolder((folder) => {
    const result = join(folder, `result.${extension}`);
    const files = ['--source-file', source, '--destination-file', result];
    execFileSync(ENHANCER, ['enhance-file', ...files, ...options], { stdio: 'ignore' });
    return readFileSync(result);
  });
}

/** The measurements of the command line for a file. */
export function measuredNatively(source: string, windows: number): Record<string, number> {
  const line = execFileSync(ENHANCER, ['score', '--json', '--windows', String(windows), source]);
  return JSON.parse(line.toString()) as Record<string, number>;
}

/** The loudness of a file as the command line measures it, in LUFS. */
export function loudnessNatively(source: string): number {
  return measuredNatively(source, 1)['loudness'] ?? NaN;
}

/** A recording converted to WAV by the model that changes nothing. */
export function passedThrough(bytes: Buffer, extension: string): Buffer {
  return inFolder((folder) => {
    const source = join(folder, `source.${extension}`);
    writeFileSync(source, bytes);
    return enhanceNatively(source, 'wav', '--model-path', PASSTHROUGH);
  });
}

/** The real server, with the built page, on a free port of this machine. */
export async function serve(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'enhancer-'));
  const options = ['serve', '--port', '0', '--data-root', join(folder, 'data'), '--page', PAGE];
  const process = spawn(ENHANCER, options, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => process.once('exit', () => resolve()));
  const lines = createInterface({ input: process.stdout });
  const url = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    ended.then(() => Promise.reject(new Error(`${ENHANCER} ${options.join(' ')} has ended`))),
  ]);
  return {
    url,
    close: async () => {
      process.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
