import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The packages whose code is part of the page's own scripts. */
const PACKAGES = ['preact', '@preact/signals', 'fft.js', 'client-zip'];

/** The licences of the page, its models and its packages in one text. */
export function licenceTexts(repository: string, models: readonly string[]): Buffer {
  const parts = [
    { title: 'Enhancer', folder: repository },
    ...models.map((name) => ({ title: `Model ${name}`, folder: join(repository, 'models', name) })),
    ...PACKAGES.map((name) => ({ title: name, folder: join(repository, 'node_modules', name) })),
  ];
  return Buffer.from(parts.map(({ title, folder }) => section(title, folder)).join('\n\n'));
}

function section(title: string, folder: string): string {
  const texts = readdirSync(folder)
    .filter((file) => /^licen[cs]e/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0) texts.push(declared(folder));
  return [`${title}\n${'='.repeat(title.length)}`, ...texts].join('\n\n');
}

/** The licence in the package.json of a package that has no licence text. */
function declared(folder: string): string {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) throw new Error(`${folder} has no licence`);
  const { license, author } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  return `Licence: ${String(license)}. Author: ${String(author)}.`;
}
