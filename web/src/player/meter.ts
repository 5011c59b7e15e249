import { element } from './dom';
import { type Level, louder, SILENCE, toDecibels } from './level';

/** The bottom of the scale, dBFS. */
const FLOOR = -60;
/** Milliseconds between updates for screen readers. */
const CALM = 1000;
/** How fast the shown peak falls, dB per second. */
const FALL = 20;

/** Peak and RMS of the sound that is heard, with a mark that stays once full scale was reached. */
export class Meter {
  readonly host: HTMLElement;
  readonly #rms = element('span', { class: 'player-rms' });
  readonly #peak = element('span', { class: 'player-peak' });
  readonly #text = element('span', { class: 'player-level', 'aria-hidden': 'true' });
  readonly #clip: HTMLButtonElement;
  readonly #scale: HTMLElement;
  #held = -Infinity;
  #shown = 0;
  #spoken = 0;
  #since = SILENCE;

  constructor() {
    this.#scale = element(
      'span',
      {
        class: 'player-scale',
        role: 'meter',
        'aria-label': 'Level',
        'aria-valuemin': String(FLOOR),
        'aria-valuemax': '0',
      },
      this.#rms,
      this.#peak,
    );
    this.#clip = element(
      'button',
      {
        type: 'button',
        class: 'player-clip',
        hidden: '',
        title: 'The level reached full scale. Press to clear.',
      },
      'clipped',
    );
    this.#clip.addEventListener('click', () => {
      // The button disappears; without this, the focus would be lost.
      this.#clip.closest<HTMLElement>('.player')?.focus();
      this.#clip.hidden = true;
    });
    this.host = element('div', { class: 'player-meter' }, this.#scale, this.#text, this.#clip);
    this.#stop();
  }

  /** Shows a level measured at `now`, milliseconds. */
  show(level: Level, now: number): void {
    const peak = toDecibels(level.peak);
    this.#held = Math.max(peak, this.#held - (FALL * (now - this.#shown)) / 1000);
    this.#shown = now;
    if (level.peak >= 1) this.#clip.hidden = false;
    this.#since = louder(this.#since, level);
    if (now - this.#spoken >= CALM) {
      this.#spoken = now;
      this.#tell(this.#since);
      this.#since = SILENCE;
    }
    this.#draw(this.#held, toDecibels(level.rms));
  }

  /** Shows no level. */
  rest(): void {
    this.#held = -Infinity;
    this.#since = SILENCE;
    this.#stop();
  }

  #stop(): void {
    this.#draw(-Infinity, -Infinity);
    this.#text.textContent = '';
    this.#scale.setAttribute('aria-valuenow', String(FLOOR));
    this.#scale.setAttribute('aria-valuetext', 'stopped');
  }

  #draw(peak: number, rms: number): void {
    this.#rms.style.transform = `scaleX(${share(rms)})`;
    this.#peak.style.left = `${100 * share(peak)}%`;
    this.#text.textContent = decibels(peak);
  }

  #tell({ peak, rms }: Level): void {
    this.#scale.setAttribute(
      'aria-valuenow',
      String(Math.round(FLOOR * (1 - share(toDecibels(peak))))),
    );
    this.#scale.setAttribute(
      'aria-valuetext',
      `peak ${decibels(toDecibels(peak))}, RMS ${decibels(toDecibels(rms))}`,
    );
  }
}

function share(level: number): number {
  return Math.min(Math.max(1 - level / FLOOR, 0), 1);
}

function decibels(level: number): string {
  return level < FLOOR ? 'silent' : `${level.toFixed(1).replace('-', '−')} dBFS`;
}
