import { effect } from '@preact/signals';
import { obstacle } from 'enhancer-wasm';
import { barrier } from '../engine/barrier';
import { enhancerOf } from '../engine/engine';
import { takeFromWindow } from '../intake/intake';
import { recording } from '../intake/recorder';
import { settleIsolation } from '../offline/isolation';
import { keepModels } from '../offline/models';
import { install, keepModule, offlineState } from '../offline/offline';
import { followInTitle } from '../queue/batch';
import { busy, followSettings, unsaved } from '../queue/queue';
import { rateWhenIdle } from '../file/rate';
import { saving } from '../save/save';
import { settings } from '../settings/settings';

/** Starts the page's work, after its first rendering. */
export async function start(): Promise<void> {
  warnBeforeLoss();
  const found = obstacle();
  if (!found) await settleIsolation(install);
  barrier.value = found;
  if (barrier.value) return;
  takeFromWindow();
  followSettings();
  followInTitle();
  await loadModel();
  rateWhenIdle();
  await keepAll();
}

/** Loads the chosen model and waits for it, so that the first file starts at once. */
async function loadModel(): Promise<void> {
  effect(
    () =>
      void enhancerOf(settings.value.model).catch(() => {
        // The model's state shows the failure, and each file that needs the model tries again.
      }),
  );
  await enhancerOf(settings.peek().model).catch(() => {});
}

/** Stores the whole page on this machine while it is idle. */
async function keepAll(): Promise<void> {
  await idle();
  offlineState.value = 'fetching';
  if (!(await install())) return;
  try {
    await idle();
    await keepModule();
    await keepModels();
    offlineState.value = 'ready';
  } catch {
    // No network, or no room: the next visit tries again.
    offlineState.value = 'unknown';
  }
}

/** Resolves as soon as no file is under way. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (busy.value) return;
      queueMicrotask(() => stop());
      resolve();
    });
  });
}

/** Makes the browser ask before it closes a tab with unfinished work or unsaved results. */
function warnBeforeLoss(): void {
  window.addEventListener('beforeunload', (event) => {
    const recorded = recording.peek() !== undefined;
    const under = busy.peek() || recorded || saving.peek() !== 'none';
    if (under || unsaved.peek()) event.preventDefault();
  });
}
