// Serves the component of the world `http` in Node.js, by jco: serve.mjs COMPONENT FOLDER [PORT]
// Listens on 127.0.0.1 and prints the address. Without PORT it takes a free port. Writes the ES
// module that jco makes from the component to FOLDER.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { argv, execPath } from 'node:process';
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { HTTPServer } from '@bytecodealliance/preview2-shim/http';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

const [component, folder, port = await freePort()] = argv.slice(2);
execFileSync(execPath, [join(import.meta.dirname, 'transpile.mjs'), component, folder]);
const { instantiate } = await import(pathToFileURL(resolve(folder, 'enhancer.js')));
const load = async (name) => WebAssembly.compile(await readFile(join(folder, name)));
const { incomingHandler } = await instantiate(load, new WASIShim().getImportObject());
new HTTPServer(incomingHandler).listen(Number(port), '127.0.0.1');
console.log(`http://127.0.0.1:${port}`);

/** A free port. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
