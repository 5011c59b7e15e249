/** The time between two checks in milliseconds. */
const LOOK_MS = 5_000;
/**
 * After this many checks without a sign of life, the watchdog gives up. It counts checks instead of
 * time: a machine that slept for an hour wakes up to a single check.
 */
const LOOKS = 12;
/**
 * The same before the first sign of life. Firefox was seen to hang while a worker creates others,
 * once in thirty loads on a busy machine. Another worker then succeeds.
 */
const FIRST_LOOKS = 2;

/** Detects that a worker which owes an answer sends no signs of life. */
export class Watchdog {
  readonly #firstLooks: number;
  readonly #ask: () => void;
  readonly #giveUp: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #silent = 0;
  #everHeard = false;

  /**
   * `ask` asks for a sign of life, which `heard` reports. `giveUp` is called when none comes. It is
   * called sooner if there never was one and the worker `isFirst`.
   */
  constructor(isFirst: boolean, ask: () => void, giveUp: () => void) {
    this.#firstLooks = isFirst ? FIRST_LOOKS : LOOKS;
    this.#ask = ask;
    this.#giveUp = giveUp;
  }

  /** Starts watching, or continues to watch. */
  watch(): void {
    if (this.#timer !== undefined) return;
    this.#silent = 0;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Stops watching, because no answer is owed any more. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether the worker has said anything yet. */
  get everHeard(): boolean {
    return this.#everHeard;
  }

  /** Notes that the worker sent something. */
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
