import { Lifetime } from './lifetime.js';
import { checkSource, sentOf } from './source.js';
import type { Take } from './take.js';
import type { Comparison, MeasureOptions, Measures, RateOptions, Run, Source } from './types.js';
import type { Wire } from './wire.js';

/** Can cancel a measurement. */
type Cancellation = Pick<Run, 'signal'>;

/** The common part of the raters of all hosts. */
export class AnyRater {
  readonly #wire: Wire;
  readonly #rater: number;
  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(wire: Wire, { rater }: { rater: number }) {
    this.#wire = wire;
    this.#rater = rater;
    this.#lifetime = new Lifetime('rater', () => wire.call('closeRater', { rater }));
  }

  /**
   * Measures a file: how listeners would rate it, how loud it is, and how much of it is speech.
   *
   * @throws {EnhancerError} `unsupported_audio`, `corrupt_audio`, `limit_exceeded`,
   * `invalid_value`, `cancelled`, `resampling`, `read`.
   */
  async measure(file: Source, options: MeasureOptions = {}, run?: Cancellation): Promise<Measures> {
    return this.#lifetime.during(async () => {
      checkSource(file);
      const source = await sentOf(file, this.#wire, run?.signal);
      return this.#wire.call('measure', { rater: this.#rater, file: source, options }, run);
    });
  }

  /**
   * Compares the original of a take with the model's whole output, and reports what went wrong, if
   * anything.
   *
   * @throws {EnhancerError} `read` if the take was discarded, `limit_exceeded`, `invalid_value`,
   * `cancelled`, `resampling`.
   */
  async compare(take: Take, options: RateOptions = {}, run?: Cancellation): Promise<Comparison> {
    const { sampleRate, channels } = take.summary;
    const input = {
      rater: this.#rater,
      audio: take.audio,
      options: { ...options, sampleRate, channels },
    };
    return this.#lifetime.during(() => this.#wire.call('compare', input, run));
  }

  /** Frees the network. Running calls finish; later calls fail with `invalid_value`. */
  close(): void {
    this.#lifetime.close();
  }
}
