import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, preview } from 'vite';
import { WAVESURFER_STYLE } from '../../../web/src/player/style_policy';

const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    `style-src 'self' ${WAVESURFER_STYLE}`,
    "base-uri 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** A page with players of synthetic takes, built and served as the real one is. */
export async function startSite(): Promise<{ url: string; close(): Promise<void> }> {
  const root = import.meta.dirname;
  const outDir = await mkdtemp(join(tmpdir(), 'enhancer-player-'));
  const common = { root, configFile: false, logLevel: 'warn' } as const;
  await build({
    ...common,
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
  });
  const server = await preview({
    ...common,
    build: { outDir },
    preview: { host: '127.0.0.1', headers: HEADERS },
  });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('The site of the player got no address.');
  return {
    url,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
