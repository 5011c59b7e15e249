import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { POLICY } from '../../../web/build/policy.ts';
import { ISOLATION, type StaticServer, serveFiles } from '../support/static_server';

const HEADERS = {
  'Content-Security-Policy': POLICY,
  ...ISOLATION,
};

/** A page with players of synthetic takes, built and served like the real page. */
export async function startSite(): Promise<StaticServer> {
  const root = import.meta.dirname;
  const outDir = await mkdtemp(join(tmpdir(), 'enhancer-player-'));
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022' },
  });
  const server = await serveFiles(outDir, HEADERS);
  return {
    url: `${server.url}/`,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
