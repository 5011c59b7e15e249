/** Seconds from a request to the start of its ramp: longer than the audio thread may have rendered ahead. */
const LEAD = 0.01;
/** Seconds of a ramp: too short to be heard as a fade, too long to click. */
const LENGTH = 0.015;

/**
 * A gain that changes without clicks and knows its value at any time. Not every browser updates
 * `AudioParam.value`.
 */
export class Ramp {
  readonly #param: AudioParam;
  #from: number;
  #to: number;
  #start = 0;
  #end = 0;

  constructor(param: AudioParam, value: number) {
    this.#param = param;
    this.#from = this.#to = value;
    // Also set directly: a timed value counts only from the next block on.
    param.value = value;
    param.setValueAtTime(value, 0);
  }

  /** Ramps to `value`, beginning just after `now`. Returns the time of arrival. */
  to(value: number, now: number): number {
    return this.between(value, now + LEAD, now + LEAD + LENGTH);
  }

  /** Ramps to `value` from `start` to `end`. Drops all changes planned after `start`. */
  between(value: number, start: number, end: number): number {
    const held = this.at(start);
    this.#param.cancelScheduledValues(start);
    this.#param.linearRampToValueAtTime(held, start);
    this.#param.linearRampToValueAtTime(value, end);
    [this.#from, this.#to, this.#start, this.#end] = [held, value, start, end];
    return end;
  }

  at(time: number): number {
    if (time >= this.#end) return this.#to;
    if (time <= this.#start) return this.#from;
    return (
      this.#from + ((this.#to - this.#from) * (time - this.#start)) / (this.#end - this.#start)
    );
  }
}
