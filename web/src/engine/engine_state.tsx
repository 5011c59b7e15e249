import { threadsObstacle } from 'enhancer-wasm';
import { ProblemText } from '../common/problem_text';
import { settings } from '../settings/settings';
import { barrier } from './barrier';
import { enhancerOf, modelStates } from './engine';
import { sizeOf, titleOf } from './lines';

/** The loading state of the chosen model. After a failure, a button tries again. */
export function EngineState() {
  if (barrier.value) return null;
  const name = settings.value.model;
  const state = modelStates.value[name] ?? 'absent';
  if (typeof state === 'object') {
    return (
      <div class="engine bad" role="alert">
        <ProblemText problem={state} />
        <button type="button" onClick={() => void enhancerOf(name).catch(() => {})}>
          Load {titleOf(name)} again
        </button>
      </div>
    );
  }
  return (
    <p class={`engine ${state}`}>
      <span class="lamp" aria-hidden="true" />
      {state === 'ready' ? (
        <span>
          {titleOf(name)} is ready
          <WithoutThreads />
        </span>
      ) : (
        `${titleOf(name)} is loading${sizeOf(name)}…`
      )}
    </p>
  );
}

/** Short reasons why the page has only one thread. */
const REASONS: Record<string, string> = {
  not_secure: 'the page is not from an https:// address',
  not_isolated: 'the host does not isolate this page',
  no_shared_memory: 'this browser does not share memory',
};

/** Why the page is slower than it could be, if it has only one thread. */
function WithoutThreads() {
  const found = threadsObstacle();
  if (!found) return null;
  const reason = REASONS[found.code];
  return <span title={found.message}>, with one thread{reason && ` (${reason})`}</span>;
}
