import { button, element } from './dom';
import { HELP } from './keys';
import { Meter } from './meter';
import { SOURCES, type Source } from './mix';
import { timecode } from './view';

const NAMES: Record<Source, string> = {
  original: 'Original',
  enhanced: 'Enhanced',
  removed: 'Removed',
};
const HINTS: Record<Source, string> = {
  original: 'The original file',
  enhanced: 'The enhanced result',
  removed: 'Only what was removed',
};

export interface PanelEvents {
  toggle(): void;
  select(source: Source): void;
  /** The user turned equal loudness on or off. */
  match(same: boolean): void;
  zoom(factor: number): void;
  fit(): void;
}

let panels = 0;

/** The player's controls: for the sound above the picture, for the view below it. */
export class Panel {
  readonly above: HTMLElement;
  readonly below: HTMLElement;
  readonly meter = new Meter();
  readonly #play: HTMLButtonElement;
  readonly #time = element('span', { class: 'player-time' });
  readonly #matching = element('small', { class: 'player-matching' }, 'Measuring the loudness…');
  readonly #problem = element('p', { class: 'player-problem', role: 'alert' });
  readonly #choices: Record<Source, HTMLInputElement>;
  readonly #duration: number;

  /** `same`: whether both signals start equally loud. */
  constructor(duration: number, same: boolean, events: PanelEvents) {
    this.#duration = duration;
    this.#play = button('', 'Play', () => {
      events.toggle();
    });
    this.#play.classList.add('player-play');
    const name = `player-source-${++panels}`;
    const choice = (source: Source) => {
      const input = element('input', { type: 'radio', name, value: source });
      input.addEventListener('change', () => {
        events.select(source);
      });
      return input;
    };
    this.#choices = {
      original: choice('original'),
      enhanced: choice('enhanced'),
      removed: choice('removed'),
    };
    const labels = SOURCES.map((source) =>
      element(
        'label',
        { title: HINTS[source] },
        this.#choices[source],
        element('span', {}, NAMES[source]),
      ),
    );
    const group = element(
      'div',
      { class: 'player-sources', role: 'radiogroup', 'aria-label': 'Listen to' },
      ...labels,
    );
    this.above = element(
      'div',
      { class: 'player-bar' },
      this.#play,
      this.#time,
      group,
      this.meter.host,
      this.#switch(same, events),
    );
    const zoom = element(
      'div',
      { class: 'player-zoom', role: 'group', 'aria-label': 'Zoom' },
      button('−', 'Zoom out', () => {
        events.zoom(0.5);
      }),
      button('+', 'Zoom in', () => {
        events.zoom(2);
      }),
      button('Fit', 'Fit the whole recording', () => {
        events.fit();
      }),
    );
    this.below = element('div', { class: 'player-bar' }, zoom, help(), this.#problem);
    this.playing = false;
    this.time = 0;
  }

  #switch(same: boolean, events: PanelEvents): HTMLElement {
    this.#matching.id = `player-matching-${panels}`;
    const input = element('input', { type: 'checkbox', 'aria-describedby': this.#matching.id });
    input.checked = same;
    input.addEventListener('change', () => {
      events.match(input.checked);
    });
    const label = element('label', {}, input, 'Same loudness');
    return element('div', { class: 'player-same' }, label, this.#matching);
  }

  /** The gains of both signals, in plain words. */
  set matching(text: string) {
    this.#matching.textContent = text;
  }

  set playing(playing: boolean) {
    this.#play.classList.toggle('player-playing', playing);
    this.#play.ariaLabel = this.#play.title = playing ? 'Pause' : 'Play';
  }

  set source(source: Source) {
    this.#choices[source].checked = true;
  }

  set time(seconds: number) {
    const text = `${timecode(seconds, 1)} / ${timecode(this.#duration, 1)}`;
    if (this.#time.textContent !== text) this.#time.textContent = text;
  }

  /** The current problem in plain words; empty if there is none. */
  set problem(text: string) {
    this.#problem.textContent = text;
  }
}

function help(): HTMLElement {
  const rows = HELP.flatMap(([keys, effect]) => [
    element('dt', {}, keys),
    element('dd', {}, effect),
  ]);
  return element(
    'details',
    { class: 'player-help' },
    element('summary', {}, 'Keyboard shortcuts'),
    element('dl', {}, ...rows),
  );
}
