import { EngineState } from '../engine/engine_state';
import { offlineState } from '../offline/offline';

const OFFLINE = {
  unknown: 'Once it is all loaded it also works without a network.',
  fetching: 'It is being kept on this machine, to work without a network too.',
  ready: 'It is all on this machine now: it works without a network, too.',
  impossible:
    'This browser keeps no copy here (some do not in private windows), so it needs the network to open.',
};

/** What the page is, what it promises, and how far its engine is. */
export function Header() {
  return (
    <header>
      <h1>
        <img src="./icon.svg" alt="" width="28" height="28" />
        Enhancer
      </h1>
      <EngineState />
      <Privacy />
    </header>
  );
}

/** The promise, and how anybody can check it. */
function Privacy() {
  const state = offlineState.value;
  return (
    <>
      <button type="button" class="privacy" popovertarget="privacy">
        <Lock />
        Nothing leaves your machine
      </button>
      <section id="privacy" class="sheet" popover="auto" aria-label="How to check it">
        <p>
          Your recordings are read, enhanced and saved by this browser. There is no upload, no
          account and nothing that counts visits. A rule in this page (its content security policy)
          has the browser refuse every connection to anywhere but the place the page came from.
        </p>
        <h2>How to check</h2>
        <ul>
          <li>
            Open the developer tools (F12), choose “Network”, and enhance a file: no request is
            made.
          </li>
          <li>
            Switch the network off, or pull the plug, and enhance a file.{' '}
            <span>{OFFLINE[state]}</span>
          </li>
          <li>
            View this page’s source: the rule is the line that begins with{' '}
            <code>Content-Security-Policy</code>.
          </li>
        </ul>
      </section>
    </>
  );
}

function Lock() {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path
        fill="currentColor"
        d="M8 1a3.5 3.5 0 0 0-3.5 3.5V7H4a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1V8a1 1 0 0 0-1-1h-.5V4.5A3.5 3.5 0 0 0 8 1Zm-2 6V4.5a2 2 0 1 1 4 0V7Z"
      />
    </svg>
  );
}
