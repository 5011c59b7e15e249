/** The npm packages with bundlers: each builds a page, whose results must equal those of the command line. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions } from 'enhancer-wasm';
import type { Page } from '@playwright/test';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build as buildByVite } from 'vite';
import webpack from 'webpack';
import { prepare, RAW } from './package/in_page.ts';
import { NEAR, native, noisyWav } from './package/noisy.ts';
import { readRaw, readWav, snr } from './support/audio.ts';
import { expect, test } from './support/fixtures.ts';
import { ROOT } from './support/paths.ts';

const BUILT = 'target/browser-bundlers';
/** Without the one that reads `.tflite` files: the model of the package is compiled. */
const MODULES = ['enhancer_wasm_bg.wasm', 'enhancer_wasm_single_bg.wasm'];
const ENTRY = join(import.meta.dirname, 'package/bundled.mjs');
const PACKAGE = join(ROOT, 'crates/enhancer-wasm');
const MODEL_PACKAGE = join(ROOT, 'packages/enhancer-model-deepfilternet3');
const MODEL = join(ROOT, 'models/compiled/deepfilternet3');

/** An empty folder of a bundler, with a page that loads the bundle. */
function folderOf(bundler: string): string {
  const folder = join(ROOT, BUILT, bundler);
  mkdirSync(folder, { recursive: true });
  const page = '<!doctype html><script type="module" src="bundle.js"></script>';
  writeFileSync(join(folder, 'index.html'), page);
  return folder;
}

function copy(from: string, to: string, ...files: string[]): void {
  mkdirSync(to, { recursive: true });
  for (const file of files) copyFileSync(join(from, file), join(to, file));
}

/** Enhances the noisy sample with the package and the model that the bundler delivered. */
async function enhanced(page: Page, repository: string, options: LoadOptions = {}) {
  await prepare(page, repository);
  const result = await page.evaluate(
    async ({ raw, options }) => {
      const enhancer = await window.enhancer.Enhancer.load(window.model, options);
      return window.base64(await enhancer.enhanceFile(window.noisy, { raw }));
    },
    { raw: RAW, options },
  );
  return readRaw(Buffer.from(result, 'base64'));
}

/** An empty project with the packages installed from the archives of `npm pack`. */
function freshProject(): string {
  const root = join(ROOT, BUILT, 'vite');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "private": true, "type": "module" }');
  const npm = (...command: string[]) =>
    execFileSync('npm', command, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const packed = npm('pack', '--json', PACKAGE, MODEL_PACKAGE);
  const archives = (JSON.parse(packed) as { filename: string }[]).map(({ filename }) => filename);
  npm('install', '--offline', '--no-audit', '--no-fund', ...archives.map((name) => `./${name}`));
  return root;
}

test('Vite: the page of the README, in a fresh project with the packed packages', async ({
  page,
  repository,
}) => {
  const readme = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
  const example = /```html\n(.*?)```/s.exec(readme)?.[1];
  const root = freshProject();
  writeFileSync(join(root, 'index.html'), example ?? '');
  await buildByVite({ root, base: './', configFile: false, logLevel: 'warn' });
  await page.goto(`${repository}/${BUILT}/vite/dist/`);
  await page
    .locator('input')
    .setInputFiles({ name: 'noisy.wav', mimeType: 'audio/wav', buffer: noisyWav() });
  await expect(page.locator('audio')).toBeVisible();
  await prepare(page, repository);
  const result = await page.locator('audio').evaluate(async (audio: HTMLAudioElement) => {
    return window.base64(await (await fetch(audio.src)).blob());
  });
  const { samples } = readWav(Buffer.from(result, 'base64'));
  expect(snr(native(), samples)).toBeGreaterThan(NEAR);
});

test('webpack, whose workers are classic, without a configuration', async ({
  page,
  repository,
}) => {
  const path = folderOf('webpack');
  const compiler = webpack({
    mode: 'production',
    entry: ENTRY,
    output: { path, filename: 'bundle.js' },
    performance: false,
  });
  await new Promise<void>((resolve, reject) =>
    compiler.run((error, stats) => {
      if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats?.toString()));
      else resolve();
    }),
  );
  await page.goto(`${repository}/${BUILT}/webpack/`);
  expect(snr(native(), await enhanced(page, repository))).toBeGreaterThan(NEAR);
});

test('esbuild, with the files beside the bundle', async ({ page, repository }) => {
  const folder = folderOf('esbuild');
  await esbuild.build({
    entryPoints: [ENTRY],
    bundle: true,
    format: 'esm',
    outfile: join(folder, 'bundle.js'),
    logLevel: 'warning',
  });
  copy(join(PACKAGE, 'dist'), folder, 'worker.js', ...MODULES);
  copy(MODEL, folder, 'model.json', 'deepfilternet3.network');
  await page.goto(`${repository}/${BUILT}/esbuild/`);
  expect(snr(native(), await enhanced(page, repository))).toBeGreaterThan(NEAR);
});

test('Rollup, with the addresses of the files', async ({ page, repository }) => {
  const folder = folderOf('rollup');
  const packages: Record<string, string> = {
    'enhancer-wasm': join(PACKAGE, 'dist/index.js'),
    'enhancer-model-deepfilternet3': join(MODEL_PACKAGE, 'index.js'),
  };
  const bundle = await rollup({
    input: ENTRY,
    plugins: [{ name: 'packages', resolveId: (id) => packages[id] }],
  });
  await bundle.write({ file: join(folder, 'bundle.js') });
  copy(join(PACKAGE, 'dist'), join(folder, 'elsewhere'), 'worker.js');
  copy(join(PACKAGE, 'dist'), join(folder, 'wasm'), ...MODULES);
  copy(MODEL, folder, 'model.json', 'deepfilternet3.network');
  await page.goto(`${repository}/${BUILT}/rollup/`);
  // Addresses are relative to the page.
  const options = { worker: 'elsewhere/worker.js', wasm: 'wasm/enhancer_wasm_bg.wasm' };
  expect(snr(native(), await enhanced(page, repository, options))).toBeGreaterThan(NEAR);
});
