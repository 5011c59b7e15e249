// The runtimes, and how each runs a script.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execPath } from 'node:process';
import workerd from 'workerd';
import { run } from '../support/recording.mjs';

export const HERE = import.meta.dirname;

const program = (name) => join(HERE, 'node_modules/.bin', name);

/** For each runtime with files: the command, and its arguments before a script. */
export const RUNTIMES = {
  node: [execPath],
  deno: [program('deno'), 'run', '--allow-read', '--allow-write'],
  bun: [program('bun')],
};

/** Runs a script in a runtime. */
export function runIn(runtime, script, ...args) {
  const [command, ...before] = RUNTIMES[runtime];
  return run(HERE, command, ...before, join(HERE, script), ...args);
}

/** Serves a configuration of workerd. Returns its address and a function that stops it. */
export async function serve(config) {
  const options = ['serve', config, '--control-fd=3'];
  const stdio = ['ignore', 'inherit', 'inherit', 'pipe'];
  const child = spawn(workerd.default, options, { stdio });
  const port = await new Promise((resolve, reject) => {
    let said = '';
    child.stdio[3].on('data', (data) => {
      said += data;
      const listening = said.split('\n').find((line) => line.includes('"listen"'));
      if (listening) resolve(JSON.parse(listening).port);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code}`)));
  });
  const stop = async () => {
    child.kill();
    await once(child, 'exit');
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop };
}
