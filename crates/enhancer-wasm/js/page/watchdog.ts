/** Milliseconds from one look to the next. */
const LOOK_MS = 5_000;
/**
 * After so many looks without a sign of life there will be none. Looks are counted and not the time: a
 * machine that slept for an hour wakes up with one look.
 */
const LOOKS = 12;
/**
 * The same before the first sign: Firefox was seen to hang while a worker makes others, once in thirty
 * loads of a busy machine, and another worker gets further.
 */
const FIRST_LOOKS = 2;

/** Notices that a worker which owes an answer does not even say that it lives. */
export class Watchdog {
  readonly #firstLooks: number;
  readonly #ask: () => void;
  readonly #giveUp: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #silent = 0;
  #everHeard = false;

  /**
   * `ask` asks for a sign of life, which `heard` reports. `giveUp` is called when none comes; soon, if
   * there was none before and the worker `isFirst`.
   */
  constructor(isFirst: boolean, ask: () => void, giveUp: () => void) {
    this.#firstLooks = isFirst ? FIRST_LOOKS : LOOKS;
    this.#ask = ask;
    this.#giveUp = giveUp;
  }

  /** Watches from now on; goes on if it does already. */
  watch(): void {
    if (this.#timer !== undefined) return;
    this.#silent = 0;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Nothing is owed any more. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether the worker has said anything yet. */
  get everHeard(): boolean {
    return this.#everHeard;
  }

  /** The worker said something. */
  heard(): void {
    this.#everHeard = true;
    this.#silent = 0;
  }

  #look(): void {
    if (this.#silent < (this.#everHeard ? LOOKS : this.#firstLooks)) {
      this.#silent++;
      this.#ask();
      return;
    }
    this.rest();
    this.#giveUp();
  }
}
