import type { Take } from 'enhancer-wasm';
import { type Level, SILENCE } from './level';
import { blend, type MixState, type Source } from './mix';
import { claim, contextAt, release } from './output';
import { Run } from './run';
import { Tap } from './tap';
import { pieceAt } from './timeline';

/** Seconds of audio that are read ahead of the heard position. */
const AHEAD = 3;
/** Milliseconds to wait for a browser to let sound start. */
const PATIENCE = 2000;

/** What a transport reports. */
export interface TransportEvents {
  /** Playing began or ended, or the position changed. */
  change(): void;
  /** A failure ended the playing. */
  fail(error: Error): void;
}

/** Plays a take. Holds the position, the source that is heard, and whether it plays. */
export class Transport {
  readonly #take: Pick<Take, 'summary' | 'read'>;
  readonly #events: TransportEvents;
  #mix: MixState;
  #source: Source = 'enhanced';
  #run: Run | undefined;
  #tap: Tap | undefined;
  /** The frame at which the next playing begins. */
  #frame = 0;

  constructor(take: Pick<Take, 'summary' | 'read'>, mix: MixState, events: TransportEvents) {
    this.#take = take;
    this.#mix = mix;
    this.#events = events;
  }

  get playing(): boolean {
    return this.#run !== undefined;
  }

  /** The frame of the position. */
  get frame(): number {
    return this.#run?.frame ?? this.#frame;
  }

  /** The frame that leaves the loudspeaker now, and whether it moves. The position if nothing plays. */
  get heard(): { frame: number; moves: boolean } {
    return { frame: this.#run?.heard ?? this.#frame, moves: this.#run?.isHeard ?? false };
  }

  get source(): Source {
    return this.#source;
  }

  set source(source: Source) {
    this.#source = source;
    this.#blend();
    this.#events.change();
  }

  set mix(mix: MixState) {
    this.#mix = mix;
    this.#blend();
  }

  get level(): Level {
    return this.#run && this.#tap ? this.#tap.level() : SILENCE;
  }

  /**
   * Plays from the position, or from the start if the position is the end. Fails if the browser
   * wants a click or key first.
   */
  async play(): Promise<void> {
    if (this.#run) return;
    const { sampleRate, channels, samples } = this.#take.summary;
    const context = contextAt(sampleRate);
    claim(this);
    this.#tap ??= new Tap(context, channels);
    const run = this.#begin(this.#tap, this.#frame < samples ? this.#frame : 0);
    this.#events.change();
    await Promise.race([context.resume(), delay(PATIENCE)]);
    if (context.state === 'running' || this.#run !== run) return;
    this.pause();
    throw new Error(
      'The browser blocks sound until you interact with the page. Press the play button.',
    );
  }

  pause(): void {
    if (!this.#run) return;
    this.#frame = this.#run.frame;
    this.#run.stop();
    this.#run = undefined;
    release(this);
    this.#events.change();
  }

  /** Moves to `frame`, limited to the file. */
  seek(frame: number): void {
    this.#frame = Math.min(Math.max(Math.round(frame), 0), this.#take.summary.samples);
    if (this.#run && this.#tap) this.#begin(this.#tap, this.#frame);
    this.#events.change();
  }

  close(): void {
    this.pause();
    this.#tap?.close();
    this.#tap = undefined;
  }

  #blend(): void {
    if (this.#run) this.#run.blend = blend(this.#source, this.#mix);
  }

  #begin(tap: Tap, frame: number): Run {
    this.#run?.stop();
    const run = new Run(
      tap.input,
      this.#take.summary.sampleRate,
      frame,
      blend(this.#source, this.#mix),
    );
    this.#run = run;
    this.#feed(run, frame).catch((reason: unknown) => {
      if (this.#run !== run) return;
      this.pause();
      this.#events.fail(reason instanceof Error ? reason : new Error(String(reason)));
    });
    return run;
  }

  /** Supplies `run` with audio until it is stopped or the file ends. */
  async #feed(run: Run, from: number): Promise<void> {
    const { samples, sampleRate } = this.#take.summary;
    for (let frame = from; frame < samples;) {
      const count = pieceAt(frame, samples, sampleRate);
      const piece = await this.#take.read(frame, count);
      if (this.#run !== run) return;
      if (piece.original[0]?.length !== count) {
        throw new Error(
          `The stored audio ends at sample ${frame} of ${samples}. Enhance the file again.`,
        );
      }
      run.append(piece);
      frame += count;
      await this.#drained(run, AHEAD);
    }
    await this.#drained(run, 0);
    if (this.#run === run) this.pause();
  }

  /** Resolves when `run` has at most `seconds` ahead, or was stopped. */
  async #drained(run: Run, seconds: number): Promise<void> {
    while (this.#run === run && run.ahead > seconds) {
      await delay(Math.min(250, Math.max(10, (run.ahead - seconds) * 1000)));
    }
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
