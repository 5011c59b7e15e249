import { Lifetime } from './lifetime.js';
import { checkEnhancePlaces, checkTakePlaces } from './places.js';
import type { Loaded } from './protocol.js';
import { alike, blobOf, checkSource, sentOf, wholeOf } from './source.js';
import { Take } from './take.js';
import type { EnhanceOptions, Run, Source, TakeOptions } from './types.js';
import type { Wire } from './wire.js';

/** The common part of the enhancers of all hosts. */
export class AnyEnhancer {
  readonly #wire: Wire;
  readonly #loaded: Loaded;
  readonly #lifetime: Lifetime;

  /** @internal */
  constructor(wire: Wire, loaded: Loaded) {
    this.#wire = wire;
    this.#loaded = loaded;
    const { model } = loaded;
    this.#lifetime = new Lifetime('enhancer', () => wire.call('close', { model }));
  }

  /** The name of the model, such as `deepfilternet3`. */
  get name(): string {
    return this.#loaded.name;
  }

  /**
   * The sample rate of the model in Hz, or `undefined` if it accepts any. Files are converted to
   * this rate and back.
   */
  get sampleRate(): number | undefined {
    return this.#loaded.sampleRate;
  }

  /** The licence of the weights as an SPDX expression, if known. */
  get licence(): string | undefined {
    return this.#loaded.licence;
  }

  /**
   * The number of threads that run the model. It is 1 for a model with `.tflite` files, and for all
   * models where there are no threads; `threadsObstacle()` gives the reason.
   */
  get threads(): number {
    return this.#loaded.threads;
  }

  /**
   * Enhances a file, and returns the result in the same form as the source. The result has the
   * length and the sample rate of the file and is aligned to it. It has the same format, or the
   * usual one if that cannot be written; see `destination`. A Blob's `type` states which one. Do
   * not change an array before the result is ready.
   *
   * @throws {EnhancerError} `unsupported_audio`, `corrupt_audio`, `unwritable_audio`,
   * `limit_exceeded`, `invalid_value`, `cancelled`, `inference`, `resampling`, `worker_panicked`,
   * `read` if the file was moved or changed, `write` if there is no room for the result.
   */
  async enhanceFile<Given extends Source>(
    file: Given,
    options: EnhanceOptions = {},
    run?: Run,
  ): Promise<Like<Given>> {
    return this.#lifetime.during(async () => {
      checkSource(file);
      checkEnhancePlaces(options);
      const source = await sentOf(file, this.#wire, run?.signal);
      const input = { model: this.#loaded.model, file: source, options };
      const { blob, summary } = await this.#wire.call('enhance', input, run);
      run?.onSummary?.(summary);
      return alike(file, blob);
    });
  }

  /**
   * Runs the model over a file once and keeps the original and the enhanced audio side by side. You
   * can listen to both, and render results with any strength, mix, loudness and format without
   * running the model again.
   *
   * @throws {EnhancerError} those of `enhanceFile`.
   */
  async take(file: Source, options: TakeOptions = {}, run?: Run): Promise<Take> {
    return this.#lifetime.during(async () => {
      checkSource(file);
      checkTakePlaces(options);
      // For a video, `render` copies everything but the sound, possibly much later.
      const source =
        file instanceof ReadableStream ? await wholeOf(file, run?.signal) : blobOf(file);
      const input = { model: this.#loaded.model, file: source, options };
      const taken = await this.#wire.call('take', input, run);
      run?.onSummary?.(taken.summary);
      return new Take(this.#wire, source, taken);
    });
  }

  /** Frees the model. Running calls finish; later calls fail with `invalid_value`. */
  close(): void {
    this.#lifetime.close();
  }
}

/** The type of the result for this type of source. */
export type Like<Given extends Source> = Given extends Blob
  ? Blob
  : Given extends Uint8Array
    ? Uint8Array<ArrayBuffer>
    : ReadableStream<Uint8Array<ArrayBuffer>>;
