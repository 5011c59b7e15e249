import { useComputed } from '@preact/signals';
import { ProblemText } from '../app/notices';
import type { Item } from '../queue/item';
import { items, ready } from '../queue/queue';
import { canSaveToFolder } from '../save/folder';
import { saveAllAsZip, saveAllToFolder, saveProblem, saving } from '../save/save';
import { noticesOf } from './notices_of';
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
  const count = useComputed(() => items.value.length);
  const done = useComputed(
    () => items.value.filter((item) => item.state.value.is === 'done').length,
  );
  const doubts = useComputed(() => doubtsOf(items.value));
  return (
    <div class="summary">
      <h2>
        {done} of {count} done
        {doubts}
      </h2>
      {ready.value.length > 1 && <SaveAll />}
    </div>
  );
}

/** How many results are in doubt, by the word for it: `, 2 damaged`. */
function doubtsOf(all: readonly Item[]): string {
  const badges = all.flatMap((item) => noticesOf(item).flatMap(({ badge }) => badge ?? []));
  return [...new Set(badges)]
    .map((badge) => `, ${badges.filter((other) => other === badge).length} ${badge}`)
    .join('');
}

function SaveAll() {
  const what = saving.value;
  const all = ready.value;
  return (
    <div class="actions">
      {canSaveToFolder && (
        <button type="button" disabled={what !== 'none'} onClick={() => void saveAllToFolder(all)}>
          {what === 'folder' ? 'Saving…' : 'Save all into a folder'}
        </button>
      )}
      <button type="button" disabled={what !== 'none'} onClick={() => void saveAllAsZip(all)}>
        {what === 'zip' ? 'Saving…' : 'Save all as a zip'}
      </button>
    </div>
  );
}
