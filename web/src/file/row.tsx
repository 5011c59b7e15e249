import { ProblemText } from '../common/problem_text';
import { duration, size, timeLeft } from '../common/units';
import { isOfOtherTrack, isSaved, type Item, type State } from '../queue/item';
import { cancel, retry, selected } from '../queue/queue';
import { remove } from './removal';
import { plannedText } from '../save/planned';
import { saveOne, saving } from '../save/save';
import { settings } from '../settings/settings';
import { focusRow, neighbour, rowId } from './focus';
import { Listen } from './listen';
import { badgesOf } from './notices_of';

/** A file with its progress and actions; an open row also has the player. */
export function Row({ item }: { item: Item }) {
  const open = selected.value === item;
  const state = item.state.value;
  return (
    <li class={`row ${state.is} ${open ? 'open' : ''}`}>
      <div class="line">
        <button
          type="button"
          class="name"
          id={rowId(item)}
          aria-expanded={open}
          title={item.folder + item.name}
          onClick={() => (selected.value = open ? undefined : item)}
        >
          <span class="path">{item.folder}</span>
          <span>{item.name}</span>
        </button>
        <span class="length figures soft">
          {item.seconds.value !== undefined && duration(item.seconds.value)}
        </span>
        <span class="facts">
          <Status item={item} state={state} />
          {item.made.value && <Planned item={item} />}
        </span>
        <Actions item={item} state={state} />
      </div>
      <SavedAs item={item} />
      {state.is === 'failed' && <ProblemText problem={state.problem} />}
      {open && <Listen item={item} />}
    </li>
  );
}

function Status({ item, state }: { item: Item; state: State }) {
  if (item.saving.value !== undefined)
    return <Bar name={item.name} done={item.saving.value} text="Saving…" />;
  switch (state.is) {
    case 'waiting':
      return <span class="status soft">Waiting</span>;
    case 'working':
      return <Bar name={item.name} done={state.done} text={progressText(state)} />;
    case 'done':
      return <Done item={item} />;
    case 'failed':
      return <span class="status bad">Failed</span>;
    case 'cancelled':
      return <span class="status soft">Cancelled</span>;
  }
}

/** Done or saved, and the doubts about the result. */
function Done({ item }: { item: Item }) {
  const badges = badgesOf(item);
  const word = isSaved(item) ? 'Saved' : 'Done';
  return (
    <span class={`status ${badges.length > 0 ? 'bad' : 'good'}`}>
      {[word, ...badges].join(', ')}
    </span>
  );
}

/** Where the latest save is. */
function SavedAs({ item }: { item: Item }) {
  const saved = item.saved.value.at(-1);
  if (!saved) return null;
  return (
    <>
      <p class="saved soft">
        Saved as {saved.name}, {size(saved.bytes)}
      </p>
      {saved.warnings.map((warning) => (
        <p class="of-saved doubt" key={warning}>
          {warning}
        </p>
      ))}
    </>
  );
}

function progressText({ done, secondsLeft }: { done?: number; secondsLeft?: number }): string {
  if (done === undefined) return 'Working…';
  const percent = `${Math.floor(100 * done)} %`;
  return secondsLeft === undefined ? percent : `${percent}, ${timeLeft(secondsLeft)}`;
}

function Bar({ name, done, text }: { name: string; done: number | undefined; text: string }) {
  return (
    <span class="status working">
      <progress
        aria-label={`Progress of ${name}`}
        max={1}
        {...(done !== undefined && { value: done })}
      />
      <span class="figures soft">{text}</span>
    </span>
  );
}

function Actions({ item, state }: { item: Item; state: State }) {
  const under = state.is === 'working' || state.is === 'waiting';
  const again = state.is === 'cancelled' || (state.is === 'failed' && state.problem.retry);
  return (
    <span class="actions">
      {again && <Act label="Retry" item={item} act={retry} />}
      {under && <Act label="Cancel" item={item} act={cancel} />}
      {item.made.value && <Save item={item} />}
      {!under && <Act label="Remove" item={item} act={removeRow} kind="quiet remove" />}
    </span>
  );
}

const plannedId = ({ id }: Item) => `planned-${id}`;

/** The format and size of the file that a save would write. */
function Planned({ item }: { item: Item }) {
  return (
    <span id={plannedId(item)} class="planned figures soft">
      {plannedText(item, settings.value)}
    </span>
  );
}

function Save({ item }: { item: Item }) {
  return (
    <button
      type="button"
      class="primary"
      aria-label={`Save enhanced ${item.name}`}
      aria-describedby={plannedId(item)}
      disabled={saving.value !== 'none' || isOfOtherTrack(item)}
      onClick={() => void saveOne(item)}
    >
      Save enhanced
    </button>
  );
}

function removeRow(item: Item): void {
  focusRow(neighbour([item]));
  remove(item);
}

interface ActProps {
  label: string;
  item: Item;
  act: (item: Item) => void;
  kind?: string;
}

function Act({ label, item, act, kind = '' }: ActProps) {
  return (
    <button
      type="button"
      class={kind}
      aria-label={`${label} ${item.name}`}
      onClick={() => act(item)}
    >
      {label}
    </button>
  );
}
