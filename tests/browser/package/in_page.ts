import type { Page } from '@playwright/test';
import type * as Package from 'enhancer-wasm';
import { NOISY_BYTES } from './noisy.ts';

/** The objects that the tests put into the page. */
export interface Harness {
  enhancer: typeof Package;
  /** The model package, in pages that a bundler built. */
  model: Package.ModelFiles;
  /** The beginning of the noisy sample. */
  noisy: Blob;
  /** The bytes of a result in a form that `page.evaluate` can return. */
  base64: (blob: Blob) => Promise<string>;
}

declare global {
  interface Window extends Harness {}
}

/** Makes the page ready: the sample, and the package unless the page has it. */
export async function prepare(page: Page, repository: string): Promise<void> {
  await page.evaluate(
    async ({ repository, bytes }) => {
      const base64 = (blob: Blob) =>
        new Promise<string>((resolve, reject) => {
          const reader = new FileReader();
          reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''));
          reader.onerror = () => reject(reader.error);
          reader.readAsDataURL(blob);
        });
      const sample = await fetch(`${repository}/audio_samples/audio_file_48k.raw`);
      const script = `${repository}/crates/enhancer-wasm/dist/index.js`;
      const enhancer = window.enhancer ?? (await import(script));
      Object.assign(window, { enhancer, base64, noisy: (await sample.blob()).slice(0, bytes) });
    },
    { repository, bytes: NOISY_BYTES },
  );
}

/** The format of the noisy sample. */
export const RAW = { sampleFormat: 'f32le', sampleRate: 48_000, channels: 1 } as const;
