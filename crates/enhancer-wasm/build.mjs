// Makes dist/ of js/ and of the binding in pkg/, which `make wasm` builds before.
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const dist = join(here, 'dist');
rmSync(dist, { recursive: true, force: true });

/** The pool is started by js/worker/pool.ts, which tells why. */
const ownPool = {
  name: 'own-pool',
  setup: (build) =>
    build.onResolve({ filter: /\/workerHelpers\.no-bundler\.js$/ }, () => ({
      path: join(here, 'js/worker/pool.ts'),
    })),
};

await build({
  entryPoints: { index: join(here, 'js/page/index.ts'), worker: join(here, 'js/worker/worker.ts') },
  outdir: dist,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  plugins: [ownPool],
});
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
const compiler = [join(typescript, 'bin/tsc'), '-p', join(here, 'js/page')];
execFileSync(process.execPath, [...compiler, '--noEmit', 'false', '--emitDeclarationOnly'], { stdio: 'inherit' });
copyFileSync(join(here, 'pkg/enhancer_wasm_bg.wasm'), join(dist, 'enhancer_wasm_bg.wasm'));
for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
  copyFileSync(join(here, '../..', licence), join(here, licence));
}
