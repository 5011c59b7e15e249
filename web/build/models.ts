import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteModel } from 'virtual:site';

/** A file that the build adds to the site. `path` is relative to the site. */
export interface SiteFile {
  path: string;
  bytes: Buffer;
}

interface Description {
  sample_rate: number;
  parts: { file: string }[];
}

/**
 * Reads a model's folder below `models`: the description, the parts that the description names, the
 * licences.
 */
export function readModel(models: string, name: string): { model: SiteModel; files: SiteFile[] } {
  const read = (file: string) => readFileSync(join(models, name, file));
  const description = JSON.parse(read('model.json').toString()) as Description;
  const licences = readdirSync(join(models, name)).filter((file) => file.startsWith('LICENSE'));
  const needed = ['model.json', ...description.parts.map((part) => part.file)];
  const hash = createHash('sha256');
  const bytes = needed.map(read);
  for (const file of bytes) hash.update(file);
  const version = `?v=${hash.digest('hex').slice(0, 12)}`;
  const folder = `models/${name}`;
  return {
    model: {
      name,
      address: folder + version,
      files: needed.map((file) => `${folder}/${file}${version}`),
      bytes: bytes.reduce((sum, file) => sum + file.length, 0),
      sampleRate: description.sample_rate,
    },
    files: [...needed, ...licences].map((file) => ({
      path: `${folder}/${file}`,
      bytes: read(file),
    })),
  };
}
