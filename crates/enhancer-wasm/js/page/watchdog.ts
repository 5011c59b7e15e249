/** Milliseconds from one look to the next. */
const LOOK_MS = 5_000;
/**
 * After so many looks without a sign of life there will be none. Looks are counted and not the time: a
 * machine that slept for an hour wakes up with one look.
 */
const LOOKS = 12;

/** Notices that a worker which owes an answer does not even say that it lives. */
export class Watchdog {
  readonly #ask: () => void;
  readonly #giveUp: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #silent = 0;

  /** `ask` asks for a sign of life, which `heard` reports. `giveUp` is called when none comes. */
  constructor(ask: () => void, giveUp: () => void) {
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

  /** The worker said something. */
  heard(): void {
    this.#silent = 0;
  }

  #look(): void {
    if (this.#silent < LOOKS) {
      this.#silent++;
      this.#ask();
      return;
    }
    this.rest();
    this.#giveUp();
  }
}
