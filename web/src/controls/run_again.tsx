import { useLayoutEffect, useRef } from 'preact/hooks';
import { question } from '../queue/choose';
import { change } from '../settings/settings';

/** Asks before a changed setting runs files again. */
export function RunAgain() {
  const asked = question.value;
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next key can come.
  useLayoutEffect(() => {
    if (asked) dialog.current?.showModal();
  }, [asked]);
  // Closing it gives the focus back to the setting.
  const close = () => dialog.current?.close();
  return (
    <dialog ref={dialog} aria-labelledby="run-again" onClose={() => (question.value = undefined)}>
      {asked && (
        <>
          <h2 id="run-again">Run again?</h2>
          <p>
            This setting applies to{' '}
            {asked.files === 1 ? 'the recording' : `all ${asked.files} recordings`} on this page. A
            new run replaces the results here. Files that you saved stay as they are.
          </p>
          <div class="actions">
            <button
              type="button"
              class="primary"
              onClick={() => {
                change(asked.part);
                close();
              }}
            >
              Run again
            </button>
            <button type="button" onClick={close}>
              Cancel
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
