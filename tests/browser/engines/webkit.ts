/** WebKitGTK, driven by WebDriver. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { program } from '../support/programs.ts';
import { asText, type Browser, type Tab, type Visitor } from './tab.ts';

/** How an element is named in JSON (W3C WebDriver, 12). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
type Element = Record<typeof ELEMENT, string>;

/** Sends a WebDriver command. */
type Send = <Result>(method: string, path: string, body?: object) => Promise<Result>;

export async function startWebKit(): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'enhancer-webkit-'));
  const downloads = join(home, 'downloads');
  mkdirSync(downloads);
  // WebKit reads the folder of downloads from this file.
  writeFileSync(join(home, 'user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${downloads}"\n`);
  const port = await freePort();
  const driver = [program('engines', 'WebKitWebDriver'), `--port=${port}`];
  const display = ['-a', '-s', '-screen 0 1280x900x24'];
  const child = spawn(program('engines', 'xvfb-run'), [...display, ...driver], {
    // Has its own process group, so that display, driver and browser can be ended together.
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      XDG_CACHE_HOME: home,
      // Without a graphics card, compositing runs on the processor, and a moving progress bar would
      // take more time than the work that it shows.
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      // No accessibility bus is needed.
      NO_AT_BRIDGE: '1',
      // Its sandbox does not run as root.
      ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
    },
  });
  const send = sender(`http://127.0.0.1:${port}`);
  // The driver does not report when it listens.
  await expect.poll(() => send('GET', '/status').then(Boolean, () => false)).toBe(true);
  return {
    pid: child.pid ?? 0,
    visit: () => visit(send, downloads),
    close: async () => {
      const ended = once(child, 'exit');
      process.kill(-(child.pid ?? 0));
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A free port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function sender(address: string): Send {
  return async (method, path, body) => {
    const request = { method, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(address + path, request);
    const { value } = (await response.json()) as { value: never };
    if (response.ok) return value;
    throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
  };
}

/** Starts a session of the driver. Each has its own browser, which forgets everything at the end. */
async function visit(send: Send, downloads: string): Promise<Visitor> {
  const capabilities = { alwaysMatch: { timeouts: { script: 150_000 } } };
  const { sessionId } = await send<{ sessionId: string }>('POST', '/session', { capabilities });
  const session = `/session/${sessionId}`;
  const within: Send = (method, path, body) => send(method, session + path, body);
  return { tab: tabOf(within), downloads, leave: () => send('DELETE', session) };
}

function tabOf(send: Send): Tab {
  const find = async (selector: string) => {
    const using = { using: 'css selector', value: selector };
    return `/element/${(await send<Element>('POST', '/element', using))[ELEMENT]}`;
  };
  return {
    goto: (url) => send('POST', '/url', { url }),
    reload: () => send('POST', '/refresh', {}),
    evaluate: async (work, ...given) => {
      const script = `const [given, give] = arguments;
        (${asText(work)})(given).then((json) => give({ json }), (error) => give({ error: String(error) }))`;
      const { json, error } = await send<{ json: string; error?: string }>(
        'POST',
        '/execute/async',
        { script, args: [JSON.stringify(given)] },
      );
      if (error) throw new Error(error);
      return JSON.parse(json);
    },
    click: async (selector) => send('POST', `${await find(selector)}/click`, {}),
    choose: async (selector, paths) =>
      send('POST', `${await find(selector)}/value`, { text: paths.join('\n') }),
    screenshot: async () => Buffer.from(await send<string>('GET', '/screenshot'), 'base64'),
  };
}
