import { update, updateWaits } from '../offline/offline';
import { barrier } from '../engine/barrier';

/** Explains why the page cannot work here, and what to do. */
export function Barrier() {
  const found = barrier.value;
  if (found === undefined || found === 'unknown') return null;
  return (
    <div class="notice bad" role="alert">
      <h2>This page does not work in this browser</h2>
      <p>{found.message}</p>
    </div>
  );
}

/** Shown in place of the drop area while a first visit is prepared. */
export function Preparing() {
  return (
    <div class="intake large">
      <p class="soft">Getting ready: on the first visit, the page is stored on this machine…</p>
    </div>
  );
}

/** Offers a newer version of the page. */
export function Update() {
  if (!updateWaits.value) return null;
  return (
    <div class="notice">
      <p>
        A newer version of this page is available. Save your results first, then reload the page.
      </p>
      <button type="button" onClick={() => void update()}>
        Reload now
      </button>
    </div>
  );
}
