import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { licenceTexts } from './licences.ts';
import { readModel } from './models.ts';
import { sampleAsWav } from './sample.ts';

/** The first is the default. */
const MODELS = ['deepfilternet3', 'gtcrn'];
/** The model that rates results. */
const RATER = 'dnsmos';
const SAMPLE = 'sample.wav';
const SAMPLE_AFTER = 'sample.enhanced.flac';
const LICENCES = 'licences.txt';
/** The module that `src/` imports for the addresses of the models and the sample. */
const MODULE = 'virtual:site';
const RESOLVED = `\0${MODULE}`;

/** Adds the models and the sample of the repository to the site, and gives the page their addresses. */
export function siteFiles(repository: string): Plugin {
  const models = join(repository, 'models/compiled');
  const read = MODELS.map((name) => readModel(models, name));
  const rater = readModel(models, RATER);
  const sample = sampleAsWav(join(repository, 'audio_samples', 'audio_file_cafe_48k.raw'));
  const files = [
    ...[...read, rater].flatMap(({ files }) => files),
    { path: SAMPLE, bytes: sample },
    // `make page-sample` makes it again.
    { path: SAMPLE_AFTER, bytes: readFileSync(join(repository, 'web/sample', SAMPLE_AFTER)) },
    { path: LICENCES, bytes: licenceTexts(repository, [...MODELS, RATER]) },
  ];
  const known = {
    models: read.map(({ model }) => model),
    rater: rater.model,
    sample: SAMPLE,
    sampleAfter: SAMPLE_AFTER,
    licences: LICENCES,
    version: versionOf(repository),
    // Where the source code is, without a slash at the end. Empty leaves the links out.
    repository: process.env['ENHANCER_REPOSITORY'] ?? '',
  };
  return {
    name: 'site-files',
    resolveId: (id) => (id === MODULE ? RESOLVED : undefined),
    load: (id) =>
      id === RESOLVED
        ? Object.entries(known)
            .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
            .join('\n')
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

function versionOf(repository: string): string {
  const text = readFileSync(join(repository, 'crates/enhancer-wasm/package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
