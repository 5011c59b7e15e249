import { EnhancerError } from '../shared/error.js';

/** The least that WebAssembly accepts: a module without anything in it. */
const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/**
 * Fetches and compiles the WebAssembly module, from `given` or from where it lies beside the worker.
 *
 * @throws {EnhancerError} `csp` if the policy forbids WebAssembly; `wasm` if there is no module.
 */
export async function compiled(
  given: string | undefined,
  base: string,
): Promise<WebAssembly.Module> {
  // Bundlers find the module by this very form. What some give has no origin, and this worker's
  // address may be a `blob:`, which is a base for nothing.
  const url = new URL(given ?? String(new URL('./enhancer_wasm_bg.wasm', import.meta.url)), base);
  await mayCompile(url);
  const response = await fetched(url);
  try {
    // Browsers compile while they load only what has this type.
    return typeOf(response) === 'application/wasm'
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (thrown) {
    throw failed(url, `it cannot be compiled: ${String(thrown)}`);
  }
}

async function mayCompile(url: URL): Promise<void> {
  try {
    await WebAssembly.compile(EMPTY);
  } catch {
    const message =
      `the Content-Security-Policy forbids to compile ${url.href}: ` +
      "add 'wasm-unsafe-eval' to script-src";
    throw new EnhancerError('csp', message);
  }
}

async function fetched(url: URL): Promise<Response> {
  const response = await fetch(url).catch((thrown) => {
    throw failed(url, `${String(thrown)}. A Content-Security-Policy must have it in connect-src`);
  });
  if (!response.ok) throw failed(url, `the server responded with ${response.status}`);
  if (typeOf(response) === 'text/html') throw failed(url, 'it is HTML, not a WebAssembly module');
  return response;
}

/** The media type without its parameters. */
function typeOf(response: Response): string | undefined {
  return response.headers.get('content-type')?.split(';')[0]?.trim();
}

function failed(url: URL, reason: string): EnhancerError {
  const message =
    `${url.href} could not be loaded: ${reason}. ` +
    'Copy enhancer_wasm_bg.wasm of the package there, or give its address as LoadOptions.wasm';
  return new EnhancerError('wasm', message);
}
