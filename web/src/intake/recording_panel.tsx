import { useEffect, useState } from 'preact/hooks';
import { duration } from '../common/units';
import type { Recording } from './recorder';

/** How often the level is read, in milliseconds. */
const LOOK_MS = 100;

/** Shown while recording: the level, the time, and a button to stop. */
export function RecordingPanel({ recording }: { recording: Recording }) {
  const [{ level, elapsed }, setState] = useState({ level: 0, elapsed: 0 });
  useEffect(() => {
    const look = () => setState({ level: recording.level(), elapsed: recording.elapsed() });
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [recording]);
  return (
    <div class="recording">
      <span class="dot live" aria-hidden="true" />
      <span>Recording</span>
      <span class="figures">{duration(elapsed)}</span>
      <meter aria-label="Microphone level" min={0} max={1} high={0.95} value={level} />
      <button
        type="button"
        class="primary"
        ref={(button) => button?.focus()}
        onClick={recording.stop}
      >
        Stop
      </button>
    </div>
  );
}
