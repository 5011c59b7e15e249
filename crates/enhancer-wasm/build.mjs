// Makes dist/ of js/ and of the binding in pkg/, which `make wasm` builds before.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { sections } from '../../scripts/wasm-sections.mjs';

const here = import.meta.dirname;
const dist = join(here, 'dist');
/** By the folder in pkg/. */
const MODULES = {
  threads: 'enhancer_wasm_bg.wasm',
  single: 'enhancer_wasm_single_bg.wasm',
  tflite: 'enhancer_wasm_tflite_bg.wasm',
};

/** The pool is started by js/worker/pool.ts, which says why. */
const ownPool = {
  name: 'own-pool',
  setup: (build) =>
    build.onResolve({ filter: /\/workerHelpers\.no-bundler\.js$/ }, () => ({
      path: join(here, 'js/worker/pool.ts'),
    })),
};

/** Marks a custom section. */
const CUSTOM = 0;

/** A module without its custom sections: names of functions, a quarter of it, which nothing reads. */
function stripped(module) {
  const kept = sections(module).filter(({ id }) => id !== CUSTOM);
  const header = module.subarray(0, 8);
  return Buffer.concat([header, ...kept.map(({ start, end }) => module.subarray(start, end))]);
}

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: {
    index: join(here, 'js/page/index.ts'),
    worker: join(here, 'js/worker/worker.ts'),
    node: join(here, 'js/host/node.ts'),
    workerd: join(here, 'js/host/workerd.ts'),
  },
  outdir: dist,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  external: ['*.wasm', 'node:*'],
  plugins: [ownPool],
});
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
const compile = [join(typescript, 'bin/tsc'), '-p', join(here, 'js/page')];
const types = ['--noEmit', 'false', '--emitDeclarationOnly'];
execFileSync(process.execPath, [...compile, ...types], { stdio: 'inherit' });
for (const [folder, module] of Object.entries(MODULES)) {
  writeFileSync(join(dist, module), stripped(readFileSync(join(here, 'pkg', folder, module))));
}
for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
  copyFileSync(join(here, '../..', licence), join(here, licence));
}
