import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const SERVICE_WORKER = 'service-worker.js';
/** The build replaces this text in the service worker with the list of files to keep. */
const LIST = '__KEEP__';
/** The package that loads models keeps these, and asks for them with a query. */
const KEPT_ELSEWHERE = /^models\//;

const COMPRESSIBLE = /\.(js|css|html|json|svg|wasm|network|webmanifest|wav|txt)$/;
/** Bytes. Above this size, brotli's best quality takes minutes and saves only a twentieth more. */
const LARGE = 1 << 20;
/** A compressed file is kept if its size is at most this share of the original. */
const WORTH = 0.95;

/**
 * After the build has written all files: lists them for the service worker and compresses those
 * that shrink.
 */
export function finish(): Plugin {
  let folder = '';
  return {
    name: 'finish',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    // Not closeBundle: it also runs after a failed build, and an error there hides the reason.
    async writeBundle() {
      listFiles(folder);
      await Promise.all(
        filesBelow(folder)
          .filter((path) => COMPRESSIBLE.test(path))
          .map(compress),
      );
    },
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Puts the site's files into the service worker, and a version that changes with any of them. */
function listFiles(folder: string): void {
  const hash = createHash('sha256');
  const files: string[] = [];
  for (const path of filesBelow(folder)) {
    const file = relative(folder, path).split(sep).join('/');
    if (file === SERVICE_WORKER) continue;
    hash.update(file).update(readFileSync(path));
    // Hosts serve index.html at the folder's address, and may redirect there from the file's.
    if (!KEPT_ELSEWHERE.test(file)) files.push(file === 'index.html' ? './' : file);
  }
  const path = join(folder, SERVICE_WORKER);
  const code = readFileSync(path, 'utf8');
  if (!code.includes(LIST)) throw new Error(`${SERVICE_WORKER} has no ${LIST} to replace`);
  const keep = { version: hash.digest('hex').slice(0, 12), files };
  writeFileSync(
    path,
    code.replace(LIST, () => JSON.stringify(keep)),
  );
}

/** Writes FILE.br and FILE.gz, which servers may send in place of FILE. */
async function compress(path: string): Promise<void> {
  const bytes = readFileSync(path);
  const brotli = await promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: bytes.length < LARGE ? constants.BROTLI_MAX_QUALITY : 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const gzipped = await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION });
  const variants = [
    ['.br', brotli],
    ['.gz', gzipped],
  ] as const;
  for (const [extension, packed] of variants) {
    if (packed.length < WORTH * bytes.length) writeFileSync(path + extension, packed);
  }
}
