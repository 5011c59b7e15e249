import { signal } from '@preact/signals';
import { threadsObstacle } from 'enhancer-wasm';
import type { Message } from './message';

/** Whether all files of the page are stored on this machine, or why they are not (yet). */
export const offlineState = signal<'unknown' | 'fetching' | 'ready' | 'impossible'>('unknown');
/** Whether a newer version of the page waits to take over. */
export const updateWaits = signal(false);

let asked = false;

/** Installs the service worker. Resolves to whether a service worker now serves this page's files. */
export async function install(): Promise<boolean> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return false;
  try {
    const registration = await navigator.serviceWorker.register('service-worker.js');
    watch(registration);
    await activeIn(registration);
    return true;
  } catch {
    // The browser allows no service worker, as in some private windows, or the network failed.
    offlineState.value = 'impossible';
    return false;
  }
}

/** How long the service worker may take to keep a module, in milliseconds. */
const LONGEST_WAIT = 60_000;

/**
 * Makes the service worker keep the module without threads if this page runs it. Rejects if that
 * is not possible.
 */
export async function keepModule(): Promise<void> {
  if (threadsObstacle()?.code !== 'no_shared_memory') return;
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise<boolean>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data === true);
    // A service worker of an older version does not know the message and never replies.
    setTimeout(resolve, LONGEST_WAIT, false);
  });
  active?.postMessage('keep the module without threads' satisfies Message, [port2]);
  if (!(await kept)) throw new Error('the module without threads was not kept');
}

/** Lets the newer version take over; the page is loaded again. */
export async function update(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  asked = true;
  registration?.waiting?.postMessage('take over' satisfies Message);
}

function watch(registration: ServiceWorkerRegistration): void {
  const look = () => {
    updateWaits.value =
      registration.waiting !== null && navigator.serviceWorker.controller !== null;
  };
  look();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', look);
  });
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (asked) location.reload();
  });
}

/** Resolves when the service worker is active; rejects if it fails, which `ready` would never report. */
async function activeIn(registration: ServiceWorkerRegistration): Promise<void> {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (!worker || worker.state === 'activated') return;
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve();
      if (worker.state === 'redundant')
        reject(new Error('the service worker could not be installed'));
    });
  });
}
