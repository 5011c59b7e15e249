import { useRef } from 'preact/hooks';
import { ProblemText } from '../app/notices';
import { items } from '../queue/queue';
import { fromList } from './entries';
import { dragging, intakeProblem, take, takeSample } from './intake';
import { canRecord, record, recording } from './recorder';
import { RecordingPanel } from './recording_panel';

/** Where recordings come in: large as long as there are none, then a strip. */
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
      <h2>Drop recordings here</h2>
      <p class="soft">
        Voice memos, meetings, podcasts, videos: the noise goes, the speech stays. Files and folders
        can also be pasted or dropped anywhere on this page.
      </p>
    </>
  );
}

function Ways({ empty }: { empty: boolean }) {
  return (
    <div class="ways">
      <Picker label={empty ? 'Choose files' : 'Add files'} primary={empty} />
      <Picker label={empty ? 'Choose a folder' : 'Add a folder'} folder />
      {canRecord && (
        <button type="button" disabled={recording.value === 'asking'} onClick={() => void record()}>
          <span class="dot" aria-hidden="true" />
          Record
        </button>
      )}
      {empty && (
        <p class="soft sample">
          Nothing at hand?{' '}
          <button type="button" class="link" onClick={() => void takeSample()}>
            Try the sample
          </button>
          : a computer’s voice at a noisy café, ten seconds, made for this project.
        </p>
      )}
    </div>
  );
}

/** To pick a folder is a property of inputs that their JSX does not know. */
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
  const input = useRef<HTMLInputElement>(null);
  const onChange = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    void take(fromList(currentTarget.files ?? []));
    // So that the same file can be chosen once more.
    currentTarget.value = '';
  };
  return (
    <>
      <button type="button" class={primary ? 'primary' : ''} onClick={() => input.current?.click()}>
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
