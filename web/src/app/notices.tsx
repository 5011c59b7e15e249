import { update, updateWaits } from '../offline/offline';
import type { Problem } from './problem';
import { barrier } from './start';

/** Says why the page cannot work here, and what helps. */
export function Barrier() {
  const found = barrier.value;
  if (found === undefined || found === 'unknown') return null;
  return (
    <div class="notice bad" role="alert">
      <h2>This page cannot enhance recordings here</h2>
      <p>{found.message}</p>
    </div>
  );
}

/** Stands where recordings will come in, while a first visit is settled. */
export function Preparing() {
  return (
    <div class="intake large">
      <p class="soft">Getting ready: on a first visit the page is put on this machine…</p>
    </div>
  );
}

/** Offers a newer version of the page. */
export function Update() {
  if (!updateWaits.value) return null;
  return (
    <div class="notice">
      <p>
        A newer version of this page is here. It starts when you load the page again; save your
        results first.
      </p>
      <button type="button" onClick={() => void update()}>
        Load it now
      </button>
    </div>
  );
}

/** A failure in words, with what helps; what exactly was reported is a click away. */
export function ProblemText({ problem }: { problem: Problem }) {
  return (
    <div class="problem">
      <p>
        <strong>{problem.title}.</strong> {problem.advice}
      </p>
      <details>
        <summary>Details</summary>
        <p>
          {problem.detail} <code>{problem.code}</code>
        </p>
      </details>
    </div>
  );
}
