import { useLayoutEffect, useRef } from 'preact/hooks';
import { question } from '../queue/choose';
import { change } from '../settings/settings';

/** Asks for confirmation before a changed setting runs files again. */
export function RunAgain() {
  const asked = question.value;
  const dialog = useRef<HTMLDialogElement>(null);
  // A layout effect, so that the dialog is open before the next key press.
  useLayoutEffect(() => {
    if (asked) dialog.current?.showModal();
  }, [asked]);
  // Closing the dialog returns the focus to the setting.
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
