import { useRef } from 'preact/hooks';
import { ProblemText } from '../common/problem_text';
import { Demo } from '../demo/demo';
import { items } from '../queue/queue';
import { fromList } from './entries';
import { dragging, intakeProblem, take, takeSample } from './intake';
import { canRecord, record, recording } from './recorder';
import { RecordingPanel } from './recording_panel';

/** The drop area: large while the list is empty, then a strip. */
export function Intake() {
  const running = recording.value;
  const empty = items.value.length === 0;
  return (
    <div class={`intake ${empty ? 'large' : ''} ${dragging.value ? 'dragging' : ''}`}>
      {empty && <Welcome />}
      {running && running !== 'asking' ? (
        <RecordingPanel recording={running} />
      ) : (
        <Ways empty={empty} />
      )}
      {intakeProblem.value && (
        <div role="alert">
          <ProblemText problem={intakeProblem.value} />
        </div>
      )}
    </div>
  );
}

function Welcome() {
  return (
    <>
      <Wave />
      <h2>Remove background noise from speech</h2>
      <p class="lead">Free, private, in your browser.</p>
      <Demo />
      <p class="soft">
        For voice memos, meetings, podcasts and videos.{' '}
        <span class="with-mouse">Drop files and folders anywhere on this page, or paste them.</span>
      </p>
    </>
  );
}

function Ways({ empty }: { empty: boolean }) {
  return (
    <div class="ways">
      <Picker label={empty ? 'Choose recordings' : 'Add recordings'} primary={empty} />
      <Picker label={empty ? 'Choose a folder' : 'Add a folder'} folder />
      {canRecord && (
        <button
          type="button"
          class="record"
          disabled={recording.value === 'asking'}
          onClick={() => void record()}
        >
          <span class="dot" aria-hidden="true" />
          Record
        </button>
      )}
      {empty && (
        <p class="soft sample">
          No recording handy?{' '}
          <button type="button" class="link" onClick={() => void takeSample()}>
            Try the sample
          </button>
          : ten seconds of a synthetic voice in a noisy café.
        </p>
      )}
    </div>
  );
}

/** Makes an input pick a folder. The types of JSX do not have this property. */
const asFolder = { webkitdirectory: true };

function Picker({
  label,
  primary,
  folder,
}: {
  label: string;
  primary?: boolean;
  folder?: boolean;
}) {
  // Phones have no folders to choose.
  const kind = `${primary ? 'primary' : ''} ${folder ? 'with-mouse' : ''}`;
  const input = useRef<HTMLInputElement>(null);
  const onChange = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    void take(fromList(currentTarget.files ?? []));
    // Allows choosing the same file again.
    currentTarget.value = '';
  };
  return (
    <>
      <button type="button" class={kind} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        {...(folder && asFolder)}
        aria-label={label}
        onChange={onChange}
      />
    </>
  );
}

/** Noise that becomes speech. */
function Wave() {
  const noisy = [9, 15, 7, 19, 11, 22, 8, 17, 24, 12, 20, 10];
  const clean = [4, 10, 22, 30, 22, 10, 4, 8, 18, 26, 18, 8, 3];
  return (
    <svg class="wave" viewBox="0 0 208 64" width="208" height="64" aria-hidden="true">
      {[...noisy, ...clean].map((height, i) => (
        <rect
          key={i}
          class={i < noisy.length ? 'noisy' : 'clean'}
          x={4 + i * 8}
          y={32 - height}
          width="3.5"
          height={2 * height}
          rx="1.75"
        />
      ))}
    </svg>
  );
}
