import { threadsObstacle } from 'enhancer-wasm';
import { ProblemText } from '../app/notices';
import { barrier } from '../app/start';
import { settings } from '../settings/settings';
import { enhancerOf, modelStates } from './engine';
import { sizeOf, titleOf } from './lines';

/** How far the chosen model is; a failure with a way to try again. */
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
      {state === 'ready'
        ? `${titleOf(name)} is ready`
        : `${titleOf(name)} is loading${sizeOf(name)}…`}
      {state === 'ready' && <WithoutThreads />}
    </p>
  );
}

/** Why it takes longer than it could, where it does. */
function WithoutThreads() {
  const found = threadsObstacle();
  return found && <span title={found.message}>, with one thread</span>;
}
