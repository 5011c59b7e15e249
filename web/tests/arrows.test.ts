import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

// Relative to the package's folder, in which npm runs its scripts.
const SOURCES = 'src';

/** The folders of the page. Each imports only from those before it. */
const FOLDERS = [
  'common',
  'settings',
  'offline',
  'engine',
  'queue',
  'save',
  'player',
  'file',
  'demo',
  'intake',
  'controls',
  'app',
];

/** The folders that a file imports from. */
function importsOf(path: string): string[] {
  const found = readFileSync(path, 'utf8').matchAll(
    /(?:from|import|import\(|URL\()\s*'\.\.\/([a-z]+)/g,
  );
  return [...found].map(([, folder = '']) => folder);
}

test('no folder imports from one above it', () => {
  let imports = 0;
  for (const [place, folder] of FOLDERS.entries()) {
    for (const name of readdirSync(join(SOURCES, folder))) {
      for (const from of importsOf(join(SOURCES, folder, name))) {
        imports += 1;
        assert.ok(
          FOLDERS.slice(0, place).includes(from),
          `${folder}/${name} imports from ${from}/, which is not below ${folder}/`,
        );
      }
    }
  }
  // Makes sure that imports are found at all.
  assert.ok(imports > 50);
});

test('each folder of sources has its place', () => {
  const all = readdirSync(SOURCES, { withFileTypes: true });
  const folders = all.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  assert.deepEqual(folders.toSorted(), [...FOLDERS, 'style'].toSorted());
});
