// Isolates a page whose host cannot send the headers. The page loads this as a script, which
// installs it as a service worker; as that, it adds the headers to each answer. It claims no pages
// that are open: Firefox would wait for their threads, which sleep.
if (typeof document === 'undefined') {
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('fetch', (event) => event.respondWith(isolated(event.request)));
} else if (!crossOriginIsolated && 'serviceWorker' in navigator) {
  isolate(document.currentScript.src);
}

async function isolated(request) {
  const response = await fetch(request);
  // What another origin does not allow to be read cannot be changed either.
  if (response.type === 'opaque' || response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  const { status, statusText } = response;
  const body = [101, 204, 205, 304].includes(status) ? null : response.body;
  return new Response(body, { status, statusText, headers });
}

async function isolate(script) {
  // If the service worker was there already, another load would not help.
  if (navigator.serviceWorker.controller) return;
  await navigator.serviceWorker.register(script);
  await navigator.serviceWorker.ready;
  location.reload();
}
