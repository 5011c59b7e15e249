import { join } from 'node:path';
import type { Plugin } from 'vite';
import { readModel } from './models.ts';
import { sampleAsWav } from './sample.ts';

/** The first is the default. */
const MODELS = ['deepfilternet3', 'dtln'];
const SAMPLE = 'sample.wav';
/** What `src/` imports to know of models and sample. */
const MODULE = 'virtual:site';
const RESOLVED = `\0${MODULE}`;

/** Adds the models and the sample of the repository to the site, and tells the page of them. */
export function siteFiles(repository: string): Plugin {
  const read = MODELS.map((name) => readModel(join(repository, 'models'), name));
  const sample = sampleAsWav(join(repository, 'audio_samples', 'audio_file_cafe_48k.raw'));
  const files = [...read.flatMap(({ files }) => files), { path: SAMPLE, bytes: sample }];
  const models = read.map(({ model }) => model);
  return {
    name: 'site-files',
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load: (id) =>
      id === RESOLVED
        ? `export const models = ${JSON.stringify(models)};\nexport const sample = ${JSON.stringify(SAMPLE)};`
        : undefined,
    buildStart() {
      if (this.meta.watchMode) return;
      for (const { path, bytes } of files) {
        this.emitFile({ type: 'asset', fileName: path, source: bytes });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = request.url?.split('?')[0]?.slice(1);
        const file = files.find((file) => file.path === path);
        if (file) response.end(file.bytes);
        else next();
      });
    },
  };
}
