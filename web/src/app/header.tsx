import { EngineState } from '../engine/engine_state';
import { offlineState } from '../offline/offline';

const OFFLINE = {
  unknown: 'Once everything is stored on this machine, the page also opens offline.',
  fetching: 'The page is being stored on this machine so that it opens offline.',
  ready: 'Everything is stored on this machine: opened again, the page works offline.',
  impossible:
    'This browser does not store the page (some do not in private windows), so opening it needs a network.',
};

/** The name of the page, its promise, and the state of its engine. */
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

/** The promise, and how to check it. On a phone, only checks that phones allow. */
function Privacy() {
  const state = offlineState.value;
  return (
    <>
      <button type="button" class="privacy" popovertarget="privacy">
        <Lock />
        Nothing leaves your machine
      </button>
      <section id="privacy" class="sheet" popover="auto" aria-label="Privacy">
        <p>
          Your recordings are read, enhanced and saved by this browser. There is no upload, no
          account and no tracking. A rule in this page (its content security policy) makes your
          browser block every connection except to the site that the page came from.
        </p>
        <h2>How to check</h2>
        <ul>
          <li class="with-mouse">
            Open the developer tools (F12), choose “Network”, and enhance a file: there are no
            requests.
          </li>
          <li>
            Turn off your network, and enhance a file. <span>{OFFLINE[state]}</span>
          </li>
          <li class="with-mouse">
            View the source of this page: the rule is in the line with{' '}
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
