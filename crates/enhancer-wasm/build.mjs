// Makes dist/ of js/ and of the binding in pkg/, which `make wasm` builds before.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const dist = join(here, 'dist');
const MODULE = 'enhancer_wasm_bg.wasm';

/** The pool is started by js/worker/pool.ts, which tells why. */
const ownPool = {
  name: 'own-pool',
  setup: (build) =>
    build.onResolve({ filter: /\/workerHelpers\.no-bundler\.js$/ }, () => ({
      path: join(here, 'js/worker/pool.ts'),
    })),
};

/** The number in LEB128 at that place, and where the next thing begins. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** A module without its custom sections: names of functions, a quarter of it, which nothing reads. */
function stripped(module) {
  const kept = [module.subarray(0, 8)];
  for (let at = 8; at < module.length;) {
    const [size, content] = number(module, at + 1);
    if (module[at] !== 0) kept.push(module.subarray(at, content + size));
    at = content + size;
  }
  return Buffer.concat(kept);
}

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: {
    index: join(here, 'js/page/index.ts'),
    worker: join(here, 'js/worker/worker.ts'),
  },
  outdir: dist,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  plugins: [ownPool],
});
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
const compile = [join(typescript, 'bin/tsc'), '-p', join(here, 'js/page')];
const types = ['--noEmit', 'false', '--emitDeclarationOnly'];
execFileSync(process.execPath, [...compile, ...types], { stdio: 'inherit' });
writeFileSync(join(dist, MODULE), stripped(readFileSync(join(here, 'pkg', MODULE))));
for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
  copyFileSync(join(here, '../..', licence), join(here, licence));
}
