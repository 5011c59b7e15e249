/** Firefox, driven by its own protocol: WebDriver BiDi. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { program } from '../support/programs.ts';
import { asText, type Browser, type Tab, type Visitor } from './tab.ts';

/** Turns off what would ask the user, or contact Mozilla. */
const preferences = (downloads: string) => ({
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.download.always_ask_before_handling_new_types': false,
  'browser.download.dir': downloads,
  'browser.download.folderList': 2,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.proxy.type': 0,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.server': '',
});

interface Reply {
  id?: number;
  type: 'success' | 'error' | 'event';
  result?: unknown;
  error?: string;
  message?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The connection to Firefox: commands and their results. */
class Wire {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as Reply));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Firefox has ended'));
    });
  }

  static async open(address: string): Promise<Wire> {
    const socket = new WebSocket(address, { maxPayload: 0 });
    await once(socket, 'open');
    return new Wire(socket);
  }

  #take({ id, type, result, error, message }: Reply): void {
    const waiting = this.#waiting.get(id ?? -1);
    this.#waiting.delete(id ?? -1);
    if (type === 'success') waiting?.resolve(result);
    else waiting?.reject(new Error(`${error}: ${message}`));
  }

  send<Result>(method: string, params: object): Promise<Result> {
    this.#count += 1;
    this.#socket.send(JSON.stringify({ id: this.#count, method, params }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#count, { resolve: resolve as Waiting['resolve'], reject });
    });
  }
}

export async function startFirefox(): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'enhancer-firefox-'));
  const downloads = join(home, 'downloads');
  mkdirSync(downloads);
  const lines = Object.entries(preferences(downloads)).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(home, 'user.js'), lines.join(''));
  const options = ['--headless', '--no-remote', '--profile', home, '--remote-debugging-port=0'];
  const child = spawn(program('engines', 'firefox-esr', 'firefox'), options, {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const wire = await Wire.open(`${await addressOf(child)}/session`);
  // The page asks before unsaved results are lost.
  const capabilities = { alwaysMatch: { unhandledPromptBehavior: { default: 'accept' } } };
  await wire.send('session.new', { capabilities });
  return {
    pid: child.pid ?? 0,
    visit: () => visit(wire, downloads),
    close: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The address at which Firefox listens, from its output. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) throw new Error('there is no standard error');
    createInterface({ input: child.stderr }).on('line', (line) => {
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Firefox has ended with ${code}`)));
  });
}

async function visit(wire: Wire, downloads: string): Promise<Visitor> {
  const { userContext } = await wire.send<{ userContext: string }>('browser.createUserContext', {});
  const { context } = await wire.send<{ context: string }>('browsingContext.create', {
    type: 'tab',
    userContext,
  });
  const size = { viewport: { width: 1280, height: 800 } };
  await wire.send('browsingContext.setViewport', { context, ...size });
  const leave = () => wire.send<void>('browser.removeUserContext', { userContext });
  return { tab: tabOf(wire, context), downloads, leave };
}

interface Evaluated {
  type: 'success' | 'exception';
  result: { value: string; sharedId: string };
  exceptionDetails?: { text: string };
}

function tabOf(wire: Wire, context: string): Tab {
  const call = async (functionDeclaration: string, given: string): Promise<Evaluated['result']> => {
    const { result, exceptionDetails } = await wire.send<Evaluated>('script.callFunction', {
      functionDeclaration,
      arguments: [{ type: 'string', value: given }],
      awaitPromise: true,
      target: { context },
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result;
  };
  const find = async (selector: string) => {
    const text = `(selector) => {
      const found = document.querySelector(selector);
      if (!found) throw new Error('there is nothing like ' + selector);
      found.scrollIntoView({ block: 'center' });
      return found;
    }`;
    return { sharedId: (await call(text, selector)).sharedId };
  };
  return {
    goto: (url) => wire.send('browsingContext.navigate', { context, url, wait: 'complete' }),
    reload: () => wire.send('browsingContext.reload', { context, wait: 'complete' }),
    evaluate: async (work, ...given) =>
      JSON.parse((await call(asText(work), JSON.stringify(given))).value),
    click: async (selector) => {
      const origin = { type: 'element', element: await find(selector) };
      const actions = [
        { type: 'pointerMove', x: 0, y: 0, origin },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      const mouse = { type: 'pointer', id: 'mouse', actions };
      await wire.send('input.performActions', { context, actions: [mouse] });
    },
    choose: async (selector, files) => {
      await wire.send('input.setFiles', { context, element: await find(selector), files });
    },
    screenshot: async () => {
      const { data } = await wire.send<{ data: string }>('browsingContext.captureScreenshot', {
        context,
      });
      return Buffer.from(data, 'base64');
    },
  };
}
