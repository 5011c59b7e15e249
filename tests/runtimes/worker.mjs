// The example of a Cloudflare Worker, for workerd.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../support/recording.mjs';
import { HERE, serve } from './programs.mjs';

const MODULE = 'enhancer_wasm_single_bg.wasm';
const PACKAGE = join(ROOT, 'crates/enhancer-wasm');

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "assets", disk = (path = "${join(ROOT, 'models')}")),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "${MODULE}", wasm = embed "${MODULE}"),
  ],
  bindings = [(name = "ASSETS", service = "assets")],
  compatibilityDate = "2026-06-01",
);
`;

/** Bundles the example in a folder, as wrangler does, and serves it. */
export async function serveWorker(folder) {
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [join(PACKAGE, 'examples/worker/worker.js')],
    outfile: join(folder, 'worker.js'),
    nodePaths: [join(HERE, 'node_modules')],
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    external: ['*.wasm'],
  });
  await copyFile(join(PACKAGE, 'dist', MODULE), join(folder, MODULE));
  await writeFile(join(folder, 'config.capnp'), CONFIG);
  return serve(join(folder, 'config.capnp'));
}
