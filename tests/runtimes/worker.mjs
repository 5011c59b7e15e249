// Cloudflare Workers, for workerd.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../support/recording.mjs';
import { HERE, serve } from './programs.mjs';

const PACKAGE = join(ROOT, 'crates/enhancer-wasm');

/** The example of the package. */
const EXAMPLE = {
  entry: join(PACKAGE, 'examples/worker/worker.js'),
  assets: 'models/compiled',
  modules: ['enhancer_wasm_single_bg.wasm'],
};

const config = (assets, modules) => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "assets", disk = (path = "${join(ROOT, assets)}")),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
${modules.map((name) => `    (name = "${name}", wasm = embed "${name}"),`).join('\n')}
  ],
  bindings = [(name = "ASSETS", service = "assets")],
  compatibilityDate = "2026-06-01",
);
`;

/** Bundles a Worker in a folder, as wrangler does, and serves it with these assets and modules. */
export async function serveWorker(folder, { entry, assets, modules } = EXAMPLE) {
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [entry],
    outfile: join(folder, 'worker.js'),
    nodePaths: [join(HERE, 'node_modules')],
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    external: ['*.wasm'],
  });
  for (const name of modules) await copyFile(join(PACKAGE, 'dist', name), join(folder, name));
  await writeFile(join(folder, 'config.capnp'), config(assets, modules));
  return serve(join(folder, 'config.capnp'));
}
