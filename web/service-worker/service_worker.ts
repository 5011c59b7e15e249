import type { Message } from '../src/offline/message';

/**
 * Keeps the page's files, so that the page opens without a network. Sends them with the
 * headers that isolate the page, whatever headers the host sends. A new version waits until
 * the page asks for it or no tab has the old one open: a tab never sees files of two versions.
 */
declare const self: ServiceWorkerGlobalScope;
/** The build puts these in. */
declare const __POLICY__: string;
declare const __KEEP__: { version: string; files: string[] };

const keep = __KEEP__;
const PREFIX = 'enhancer-page-';
const CACHE = PREFIX + keep.version;
const scope = new URL(self.registration.scope);
const kept = new Set(keep.files.map((file) => new URL(file, scope).href));

const WITHOUT_THREADS = /_single_bg[^/]*\.wasm$/;
/** The WebAssembly module (with or without threads) that this browser does not run. */
const OTHER_MODULE = sharesMemory() ? WITHOUT_THREADS : /_wasm_bg[^/]*\.wasm$/;

/** Sent with each file, unless the host sends its own. */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // The policy in the page's head cannot contain frame-ancestors.
  'Content-Security-Policy': `${__POLICY__}; frame-ancestors 'none'`,
};

self.addEventListener('install', (event) => event.waitUntil(fill()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('message', (event) => {
  const message = event.data as Message;
  if (message === 'take over') void self.skipWaiting();
  if (message === 'keep the module without threads') event.waitUntil(keepWithoutThreads(event));
});
self.addEventListener('fetch', (event) => {
  const address = addressOf(event.request);
  // The browser handles all other requests, such as those for the server's API and models.
  if (address !== undefined) event.respondWith(answer(address));
});

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  const needed = [...kept].filter((address) => !OTHER_MODULE.test(address));
  // Asks the host whether the file in the browser's cache is still current.
  await cache.addAll(needed.map((address) => new Request(address, { cache: 'no-cache' })));
}

/**
 * Whether pages of this browser can share memory with their threads. They need isolation for it,
 * which this worker's headers give them. WebKit creates shared memory here even where pages may
 * not; there the page asks for the module without threads.
 */
function sharesMemory(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return Object.prototype.toString.call(memory.buffer) === '[object SharedArrayBuffer]';
  } catch {
    return false;
  }
}

/**
 * Drops the caches of older versions. Does not claim open tabs: Firefox would wait for an answer
 * from each of their workers, the threads of a pool sleep, and every request would wait meanwhile.
 * Tabs that are already open continue without this worker, which answers from the next load on.
 */
async function takeOver(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Keeps the module without threads, for a page that found no shared memory. Replies whether it did. */
async function keepWithoutThreads({ ports }: ExtendableMessageEvent): Promise<void> {
  let isKept = false;
  try {
    const cache = await caches.open(CACHE);
    const needed = [...kept].filter((address) => WITHOUT_THREADS.test(address));
    for (const address of needed) {
      if (!(await cache.match(address))) await cache.add(address);
    }
    isKept = true;
  } finally {
    for (const port of ports) port.postMessage(isKept);
  }
}

/** The address of the kept file that a request asks for; undefined if it is not a kept file. */
function addressOf(request: Request): string | undefined {
  if (request.method !== 'GET') return undefined;
  const url = new URL(request.url);
  url.hash = '';
  if (request.mode === 'navigate') {
    url.search = '';
    if (url.href === new URL('index.html', scope).href) return scope.href;
  }
  return kept.has(url.href) ? url.href : undefined;
}

/** Needed if the browser has dropped kept files, or if the page needs the other module after all. */
async function fetchAndKeep(cache: Cache, address: string): Promise<Response> {
  const response = await fetch(address);
  if (response.ok) {
    // If there is no room, the next visit fetches it again.
    cache.put(address, response.clone()).catch(() => {});
  }
  return response;
}

async function answer(address: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  const response = (await cache.match(address)) ?? (await fetchAndKeep(cache, address));
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
