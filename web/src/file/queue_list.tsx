import { useComputed } from '@preact/signals';
import { ProblemText } from '../common/problem_text';
import type { Item } from '../queue/item';
import { batchText } from '../queue/batch';
import { items, ready } from '../queue/queue';
import { remove } from './removal';
import { canSaveToFolder } from '../save/folder';
import { saveAllAsZip, saveAllToFolder, saveProblem, saving } from '../save/save';
import { focusRow, neighbour } from './focus';
import { badgesOf } from './notices_of';
import { Row } from './row';

/** All files, and the actions for all of them. */
export function Queue() {
  if (items.value.length === 0) return null;
  return (
    <>
      <Summary />
      {saveProblem.value && (
        <div class="notice bad" role="alert">
          <ProblemText problem={saveProblem.value} />
        </div>
      )}
      <ul class="queue">
        {items.value.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ul>
    </>
  );
}

function Summary() {
  const failed = useComputed(() => items.value.filter(({ state }) => state.value.is === 'failed'));
  const doubts = useComputed(() => doubtsOf(items.value));
  return (
    <div class="summary">
      <h2>
        {batchText}
        {doubts}
      </h2>
      <div class="actions">
        {failed.value.length > 1 && <RemoveFailed failed={failed.value} />}
        {ready.value.length > 1 && <SaveAll />}
      </div>
    </div>
  );
}

/** Counts of files that failed or whose result is in doubt, with the word for it: `, 2 damaged`. */
function doubtsOf(all: readonly Item[]): string {
  const badges = all.flatMap((item) =>
    item.state.value.is === 'failed' ? 'failed' : badgesOf(item),
  );
  return [...new Set(badges)]
    .map((badge) => `, ${badges.filter((other) => other === badge).length} ${badge}`)
    .join('');
}

function RemoveFailed({ failed }: { failed: readonly Item[] }) {
  const act = () => {
    focusRow(neighbour(failed));
    remove(...failed);
  };
  return (
    <button type="button" onClick={act}>
      Remove all failed
    </button>
  );
}

function SaveAll() {
  const what = saving.value;
  const all = ready.value;
  return (
    <>
      {canSaveToFolder && (
        // Few people know the folders of their phone.
        <button
          type="button"
          class="with-mouse"
          disabled={what !== 'none'}
          onClick={() => void saveAllToFolder(all)}
        >
          {what === 'folder' ? 'Saving…' : 'Save all into a folder'}
        </button>
      )}
      <button type="button" disabled={what !== 'none'} onClick={() => void saveAllAsZip(all)}>
        {what === 'zip' ? 'Saving…' : 'Save all as a zip'}
      </button>
    </>
  );
}
