import { removed, removedText, undoRemoval } from './removal';
import { focusRow } from './focus';

/** Offers to put back what was just removed. */
export function Undo() {
  if (removed.value.length === 0) return null;
  return (
    <div class="undo">
      <span>Removed {removedText()}</span>
      <button
        type="button"
        onClick={() => {
          const first = undoRemoval();
          if (first) focusRow(first);
        }}
      >
        Undo
      </button>
    </div>
  );
}
