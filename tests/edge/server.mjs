// The native server, and the component of the world `http` in Node.js, each at its own address.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../support/recording.mjs';
import { CRATE } from './component.mjs';

export const HTTP_COMPONENT = join(ROOT, 'target/edge/enhancer_http.wasm');

/** Serves the component. jco writes its ES module to `folder`. */
export const serveComponent = (folder) =>
  start(process.execPath, [join(CRATE, 'serve.mjs'), HTTP_COMPONENT, folder]);

/** Serves the native server. */
export async function serveNatively() {
  const data = await mkdtemp(join(tmpdir(), 'enhancer-server-'));
  const options = ['serve', '--port', '0', '--data-root', data];
  const server = await start(join(ROOT, 'target/debug/enhancer'), options);
  const stop = async () => {
    await server.stop();
    await rm(data, { recursive: true });
  };
  return { ...server, stop };
}

/** Starts a program that prints its address on its first line. */
async function start(command, options) {
  const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const gone = ended.then(() => Promise.reject(new Error(`${command} has ended`)));
  const [url] = await Promise.race([once(lines, 'line'), gone]);
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { url, stop };
}
