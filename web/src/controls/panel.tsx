import { useState } from 'preact/hooks';
import { changed } from '../settings/settings';
import { Controls } from './controls';

/** The settings. On narrow screens a button opens them, so that the recordings stay in sight. */
export function SettingsPanel() {
  const [open, setOpen] = useState(false);
  return (
    <div class={`settings ${open ? 'open' : ''}`}>
      <button
        type="button"
        class="fold"
        aria-expanded={open}
        aria-controls="settings"
        onClick={() => setOpen(!open)}
      >
        Settings
        {changed.value.length > 0 && ` (${changed.value.length} changed)`}
      </button>
      <Controls />
    </div>
  );
}
