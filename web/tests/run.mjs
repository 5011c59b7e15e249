// Runs the tests of what the page computes, in Node.js.
// esbuild bundles them first: not every version of Node.js runs TypeScript, and none resolves modules as Vite does.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const bundles = join(here, '../../target/page-tests');

const files = readdirSync(here, { recursive: true }).filter((name) => name.endsWith('.test.ts'));
// Also removes bundles of tests that no longer exist.
rmSync(bundles, { recursive: true, force: true });
await build({
  entryPoints: files.map((name) => join(here, name)),
  outbase: here,
  outdir: bundles,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  // Replaces the module that the build makes.
  alias: { 'virtual:site': join(here, 'support/site.ts') },
});
const made = files.map((name) => join(bundles, name.replace(/\.ts$/, '.mjs')));
const node = ['--enable-source-maps', '--test', ...made];
process.exitCode = spawnSync(process.execPath, node, { stdio: 'inherit' }).status ?? 1;
