import type { Take } from 'enhancer-wasm';
import { element } from './dom';
import { gesturesOn } from './gestures';
import { type Blend, blend, NO_GAIN, type Source } from './mix';
import { blendedPeaks, largest, peaksIn } from './peaks';
import { type Part, picture, SIGNALS, type Signal } from './spectrogram';
import { Track } from './track';
import { following, placed, ticks, timecode, type View, whole, zoomed } from './view';

/** The most columns of a picture. */
const WIDEST = 1200;
/** The widest strip that scrolls, pixels. Browsers limit the width of elements. */
const LONGEST = 8_000_000;
/** Milliseconds of rest after which pictures are computed. */
const REST = 120;
/** CSS pixels between labels of time. */
const APART = 90;

export interface SightEvents {
  seek(seconds: number): void;
  fail(error: Error): void;
}

/**
 * What is shown beside the original: the result or the removed part, and the share of enhanced
 * audio in the result.
 */
export interface Shown {
  made: Exclude<Source, 'original'>;
  wet: number;
}

const NAMES: Record<Shown['made'], string> = { enhanced: 'Enhanced', removed: 'Removed' };

/** Aligned waveforms and spectrograms of both signals with one playhead. Zooms, scrolls and seeks. */
export class Sight {
  readonly host: HTMLElement;
  readonly #take: Take;
  readonly #events: SightEvents;
  readonly #duration: number;
  readonly #strip = element('div', { class: 'player-strip' });
  readonly #window = element('div', { class: 'player-window' });
  readonly #times = element('div', { class: 'player-times', 'aria-hidden': 'true' });
  readonly #head = element('div', { class: 'player-head', 'aria-hidden': 'true' });
  readonly #slider: HTMLElement;
  readonly #tracks: Record<Signal, Track>;
  readonly #observer = new ResizeObserver(() => {
    this.#turn(this.#view);
  });
  readonly #closing = new AbortController();
  #view: View;
  #shown: Shown;
  #at = 0;
  #width = 0;
  #frame = 0;
  #timer = 0;
  #drawing = new AbortController();

  /** Appends itself to `parent`. */
  constructor(parent: HTMLElement, take: Take, wet: number, events: SightEvents) {
    this.#take = take;
    this.#shown = { made: 'enhanced', wet };
    this.#events = events;
    this.#duration = Math.max(take.summary.samples, 1) / take.summary.sampleRate;
    this.#view = whole(this.#duration);
    this.#slider = element('div', {
      class: 'player-position',
      role: 'slider',
      tabindex: '0',
      'aria-label': 'Position',
      'aria-valuemin': '0',
      'aria-valuemax': this.#duration.toFixed(1),
    });
    this.host = element('div', { class: 'player-sight' }, this.#strip);
    this.#strip.append(this.#window);
    parent.append(this.host);
    const scale = Math.max(
      largest(take.peaks.original, 0, Infinity),
      largest(take.peaks.enhanced, 0, Infinity),
      0.01,
    );
    const track = (name: string) => new Track(this.#window, name, take.summary.sampleRate, scale);
    this.#tracks = { original: track('Original'), made: track(NAMES.enhanced) };
    this.#window.append(this.#times, this.#head, this.#slider);
    this.#listen();
    this.#observer.observe(this.host);
    this.moveTo(0);
  }

  /**
   * Shows the position, seconds. The view follows a playhead that leaves it, but not one that was
   * already outside.
   */
  moveTo(at: number): void {
    const seen = this.#sees(this.#at);
    this.#at = at;
    if (seen && !this.#sees(at)) this.reveal();
    else this.#place();
  }

  /** Scrolls to the position if it is out of sight. */
  reveal(): void {
    this.#turn(following(this.#view, this.#at, this.#duration));
  }

  /** Gives screen readers the position. */
  tell(): void {
    this.#slider.setAttribute('aria-valuenow', this.#at.toFixed(1));
    this.#slider.setAttribute(
      'aria-valuetext',
      `${timecode(this.#at, 1)} of ${timecode(this.#duration, 1)}`,
    );
  }

  /** Zooms around `at`: by default the position if it is in sight, else the middle. */
  zoom(factor: number, at = this.#at): void {
    const { from, to } = this.#view;
    this.#turn(zoomed(this.#view, factor, this.#sees(at) ? at : (from + to) / 2, this.#duration));
  }

  /** Shows something else beside the original. */
  show(part: Partial<Shown>): void {
    const shown = { ...this.#shown, ...part };
    if (shown.made === this.#shown.made && shown.wet === this.#shown.wet) return;
    this.#shown = shown;
    this.#tracks.made.name = NAMES[shown.made];
    this.#turn(this.#view, false);
  }

  get #blend(): Blend {
    const { made, wet } = this.#shown;
    return blend(made, { wet, gains: NO_GAIN });
  }

  /** Shows the whole recording. */
  fit(): void {
    this.#turn(whole(this.#duration));
  }

  recolour(): void {
    for (const signal of SIGNALS) this.#tracks[signal].recolour();
  }

  close(): void {
    this.#closing.abort();
    this.#drawing.abort();
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) this.#tracks[signal].close();
  }

  #listen(): void {
    const { signal } = this.#closing;
    const gestures = {
      point: (clientX: number) => this.#events.seek(this.#timeAt(clientX)),
      zoom: (factor: number, clientX: number) => this.zoom(factor, this.#timeAt(clientX)),
    };
    gesturesOn(this.#slider, gestures, signal);
    this.host.addEventListener('scroll', () => this.#scrolled(), { signal });
  }

  #scrolled(): void {
    // Pixels are coarser than times: a difference this small comes from the player's own scrolling.
    if (Math.abs(this.host.scrollLeft - this.#scrollOf(this.#view)) < 1.5) return;
    const span = this.#view.to - this.#view.from;
    const share = this.host.scrollLeft / Math.max(this.#stripWidth() - this.#width, 1);
    this.#turn(placed(share * (this.#duration - span), span, this.#duration), false);
  }

  #sees(at: number): boolean {
    return at >= this.#view.from && at <= this.#view.to;
  }

  #place(): void {
    const share = (this.#at - this.#view.from) / (this.#view.to - this.#view.from);
    this.#head.hidden = !this.#sees(this.#at);
    this.#head.style.transform = `translateX(${share * this.#width}px)`;
  }

  #timeAt(clientX: number): number {
    const { left, width } = this.#slider.getBoundingClientRect();
    const share = Math.min(Math.max((clientX - left) / Math.max(width, 1), 0), 1);
    return this.#view.from + share * (this.#view.to - this.#view.from);
  }

  #stripWidth(): number {
    const { from, to } = this.#view;
    return Math.min(this.#width * (this.#duration / (to - from)), LONGEST);
  }

  #scrollOf({ from, to }: View): number {
    const hidden = this.#duration - (to - from);
    return hidden > 0 ? (from / hidden) * (this.#stripWidth() - this.#width) : 0;
  }

  /** Shows a view: waveforms with the next frame of the screen, spectrograms after a pause. */
  #turn(view: View, scroll = true): void {
    this.#view = view;
    this.host.dataset.drawing = '';
    this.#width = this.host.clientWidth;
    if (this.#width === 0) return;
    this.#window.style.width = `${this.#width}px`;
    this.#strip.style.width = `${this.#stripWidth()}px`;
    if (scroll) this.host.scrollLeft = this.#scrollOf(view);
    this.#drawing.abort();
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      this.#draw();
    });
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#picture();
    }, REST);
    this.#place();
  }

  #draw(): void {
    const columns = this.#columns();
    const { peaks: ofTake } = this.#take;
    const peaks = { original: ofTake.original, made: blendedPeaks(ofTake, this.#blend) };
    for (const signal of SIGNALS) {
      this.#tracks[signal].drawWave(peaksIn(peaks[signal], ofTake.perSecond, this.#view, columns));
      this.#tracks[signal].turnTo(this.#view, columns);
    }
    this.#label();
  }

  #label(): void {
    const { from, to } = this.#view;
    const { times, digits } = ticks(this.#view, Math.floor(this.#width / APART));
    this.#times.replaceChildren(
      ...times.map((time) => {
        const label = element('span', {}, timecode(time, digits));
        label.style.left = `${(100 * (time - from)) / (to - from)}%`;
        return label;
      }),
    );
  }

  /**
   * Computes the spectrograms. Draws finer waveforms if the view is so short that all its samples
   * were read.
   */
  #picture(): void {
    this.#drawing.abort();
    const drawing = new AbortController();
    this.#drawing = drawing;
    const count = this.#columns();
    const fine: Record<Signal, Float32Array> = {
      original: new Float32Array(count),
      made: new Float32Array(count),
    };
    let complete = true;
    const tell = ({ signal, from, image, peaks, gapless }: Part) => {
      this.#tracks[signal].drawPicture(image, from);
      fine[signal].set(peaks, from);
      complete = gapless;
    };
    picture(this.#take, this.#view, count, this.#blend, drawing.signal, tell)
      .then(() => {
        if (drawing.signal.aborted) return;
        delete this.host.dataset.drawing;
        if (complete) this.#tracks.original.drawWave(fine.original);
        // The peaks of both signals do not say what the peaks of their difference are.
        if (complete || this.#shown.made === 'removed') this.#tracks.made.drawWave(fine.made);
      })
      .catch((reason: unknown) => {
        if (drawing.signal.aborted) return;
        delete this.host.dataset.drawing;
        this.#events.fail(reason instanceof Error ? reason : new Error(String(reason)));
      });
  }

  #columns(): number {
    return Math.min(this.#width, WIDEST);
  }
}
