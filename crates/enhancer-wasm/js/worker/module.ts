import { FILES, type Which } from '../engine/modules.js';
import { EnhancerError } from '../shared/error.js';

/** The smallest module that WebAssembly accepts. It is empty. */
const EMPTY = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/**
 * Fetches and compiles the WebAssembly module at this address, unless it is already compiled.
 *
 * @throws {EnhancerError} `csp` if the policy forbids WebAssembly; `wasm` if there is no module.
 */
export async function compiled(
  given: string | WebAssembly.Module,
  base: string,
  which: Which,
): Promise<WebAssembly.Module> {
  if (typeof given !== 'string') return given;
  const url = new URL(given, base);
  await mayCompile(url);
  const response = await fetched(url, which);
  try {
    // Browsers only compile during the download if the response has this type.
    return typeOf(response) === 'application/wasm'
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (thrown) {
    throw failed(url, which, `it cannot be compiled: ${String(thrown)}`);
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

async function fetched(url: URL, which: Which): Promise<Response> {
  const response = await fetch(url).catch((thrown) => {
    const reason = `${String(thrown)}. A Content-Security-Policy must have it in connect-src`;
    throw failed(url, which, reason);
  });
  if (!response.ok) throw failed(url, which, `the server responded with ${response.status}`);
  if (typeOf(response) === 'text/html') {
    throw failed(url, which, 'it is HTML, not a WebAssembly module');
  }
  return response;
}

/** The media type without its parameters. */
function typeOf(response: Response): string | undefined {
  return response.headers.get('content-type')?.split(';')[0]?.trim();
}

function failed(url: URL, which: Which, reason: string): EnhancerError {
  const message =
    `${url.href} could not be loaded: ${reason}. ` +
    `Copy ${FILES[which]} of the package there, or give its address as LoadOptions.${which}`;
  return new EnhancerError('wasm', message);
}
