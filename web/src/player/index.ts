import type { Take } from 'enhancer-wasm';
import { element } from './dom';
import { type Action, actionOf } from './keys';
import { type Energies, loudnessOf, measure } from './loudness';
import { match } from './matching';
import { blend, NO_GAIN, SOURCES, type Source } from './mix';
import { Panel } from './panel';
import { blendedPeaks, largest } from './peaks';
import { Picture } from './picture';
import './player.css';
import { Sight } from './sight';
import { Transport } from './transport';

/** How the result is made. */
export interface Wanted {
  /** Share of the enhanced audio in it, 0 to 1; the rest is the original. */
  wet: number;
  /** The loudness of a saved result, LUFS; null: unchanged. */
  target: number | null;
}

/** Milliseconds between drawings of the level for users who prefer reduced motion. */
const STILL = 500;

/** Whether original and result play equally loud. Holds for all players until the page is closed. */
let same = true;

/** Plays and shows a take. Only one player of a page plays at a time. */
export interface Player {
  /** Changes how the result is made. The change is heard at once. */
  setWanted(wanted: Wanted): void;
  /** Plays from the position. Fails with a message for users if the browser does not let sound start. */
  play(): Promise<void>;
  pause(): void;
  /** Stops and removes the player from the page. Does not change the take. */
  destroy(): void;
  /** Seconds. */
  readonly position: number;
}

/**
 * Puts a player of `take` into `host`. The take must outlive it. `video` is the source file, to
 * show its picture.
 */
export function createPlayer(host: HTMLElement, take: Take, wanted: Wanted, video?: Blob): Player {
  return new TakePlayer(host, take, wanted, video);
}

class TakePlayer implements Player {
  readonly #rate: number;
  readonly #peaks: Take['peaks'];
  readonly #host: HTMLElement;
  readonly #panel: Panel;
  readonly #sight: Sight;
  readonly #transport: Transport;
  readonly #picture: Picture | undefined;
  readonly #closing = new AbortController();
  readonly #stillness = matchMedia('(prefers-reduced-motion: reduce)');
  #wanted: Wanted;
  /** Undefined until they are measured. */
  #energies: Energies | undefined;
  #frame = 0;
  #metered = 0;

  constructor(host: HTMLElement, take: Take, wanted: Wanted, video: Blob | undefined) {
    const { samples, sampleRate } = take.summary;
    this.#rate = sampleRate;
    this.#peaks = take.peaks;
    this.#wanted = wanted;
    const fail = (error: Error) => {
      this.#panel.problem = error.message;
    };
    this.#transport = new Transport(
      take,
      { wet: wanted.wet, gains: NO_GAIN },
      {
        change: () => {
          this.#changed();
        },
        fail,
      },
    );
    this.#panel = new Panel(samples / sampleRate, same, {
      toggle: () => {
        this.#toggle();
      },
      select: (source) => {
        this.#transport.source = source;
      },
      match: (wish) => {
        same = wish;
        this.#match();
      },
      zoom: (factor) => {
        this.#sight.zoom(factor);
      },
      fit: () => {
        this.#sight.fit();
      },
    });
    this.#picture = video && new Picture(video, () => this.#toggle());
    this.#host = element(
      'section',
      { class: 'player', tabindex: '-1', 'aria-label': 'Player' },
      ...(this.#picture ? [this.#picture.host] : []),
      this.#panel.above,
    );
    host.append(this.#host);
    this.#sight = new Sight(this.#host, take, wanted.wet, {
      seek: (seconds) => {
        this.#seek(seconds);
      },
      fail,
    });
    this.#host.append(this.#panel.below);
    const { signal } = this.#closing;
    this.#host.addEventListener(
      'keydown',
      (event) => {
        this.#pressed(event);
      },
      { signal },
    );
    matchMedia('(prefers-color-scheme: dark)').addEventListener(
      'change',
      () => {
        this.#sight.recolour();
      },
      { signal },
    );
    this.#changed();
    measure(take, signal)
      .then((energies) => {
        this.#energies = energies;
        this.#match();
      })
      // Playback and pictures read the same take: they fail too, and report why.
      .catch(() => {
        this.#panel.matching = 'The loudness could not be measured: each is heard as it is.';
      });
  }

  get position(): number {
    return this.#transport.frame / this.#rate;
  }

  setWanted(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#match();
    this.#sight.show({ wet: wanted.wet });
  }

  play(): Promise<void> {
    this.#panel.problem = '';
    return this.#transport.play();
  }

  pause(): void {
    this.#transport.pause();
  }

  destroy(): void {
    this.#transport.close();
    cancelAnimationFrame(this.#frame);
    this.#closing.abort();
    this.#sight.close();
    this.#picture?.close();
    this.#host.remove();
  }

  /** Sets the gains of both signals. */
  #match(): void {
    const { wet, target } = this.#wanted;
    const plain = { wet, gains: NO_GAIN };
    if (!this.#energies) {
      this.#transport.mix = plain;
      return;
    }
    const result = blend('enhanced', plain);
    const loudness = {
      original: loudnessOf(this.#energies, blend('original', plain)),
      enhanced: loudnessOf(this.#energies, result),
      peak: largest(blendedPeaks(this.#peaks, result), 0, Infinity),
    };
    const { gains, text } = match(loudness, target, same);
    this.#transport.mix = { wet, gains };
    this.#panel.matching = text;
  }

  #toggle(): void {
    if (this.#transport.playing) this.pause();
    else
      this.play().catch((error: unknown) => {
        this.#panel.problem = error instanceof Error ? error.message : String(error);
      });
  }

  #seek(seconds: number): void {
    this.#transport.seek(seconds * this.#rate);
    this.#sight.reveal();
  }

  #pressed(event: KeyboardEvent): void {
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    this.#do(action);
  }

  #do(action: Action): void {
    switch (action.kind) {
      case 'toggle':
        this.#toggle();
        break;
      case 'swap':
        this.#select(this.#transport.source === 'original' ? 'enhanced' : 'original');
        break;
      case 'select':
        this.#select(SOURCES[action.index]);
        break;
      case 'step':
        this.#seek(this.position + action.seconds);
        break;
      case 'start':
        this.#seek(0);
        break;
      case 'end':
        this.#seek(Infinity);
        break;
      case 'zoom':
        this.#sight.zoom(action.factor);
        break;
      case 'fit':
        this.#sight.fit();
        break;
    }
  }

  #select(source: Source | undefined): void {
    if (source) this.#transport.source = source;
  }

  /** Shows the new state, and keeps the display up to date while the player plays. */
  #changed(): void {
    this.#panel.playing = this.#transport.playing;
    const { source } = this.#transport;
    this.#panel.source = source;
    // Beside the original stands the result or the removed part, whichever was heard last.
    if (source !== 'original') this.#sight.show({ made: source });
    this.#place();
    this.#sight.tell();
    cancelAnimationFrame(this.#frame);
    if (this.#transport.playing)
      this.#frame = requestAnimationFrame((now) => {
        this.#animate(now);
      });
    else this.#panel.meter.rest();
  }

  #place(): void {
    this.#panel.time = this.position;
    this.#sight.moveTo(this.position);
    const { frame, moves } = this.#transport.heard;
    this.#picture?.follow(frame / this.#rate, moves);
  }

  #animate(now: number): void {
    this.#place();
    if (!this.#stillness.matches || now - this.#metered >= STILL) {
      this.#metered = now;
      this.#panel.meter.show(this.#transport.level, now);
    }
    this.#frame = requestAnimationFrame((next) => {
      this.#animate(next);
    });
  }
}
