import { EnhancerError } from './error.js';
import { checkRenderPlaces } from './places.js';
import type { Taken } from './protocol.js';
import type { Peaks, RenderOptions, Run, Summary, VideoContainer } from './types.js';
import type { Wire } from './wire.js';

const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Discards takes that are no longer referenced, because a take holds the tags of its source. */
const forgotten = new FinalizationRegistry<() => Promise<void>>((discard) => {
  // The call fails if the worker has ended, with all of its takes.
  discard().catch(() => {});
});

/**
 * The original and the enhanced audio of one file, on the browser's disk. They are aligned to the
 * sample and have the file's rate. With *w* = `mix · (1 - 10^(-attenuationLimit / 20))`, `render`
 * returns `w · enhanced + (1 - w) · original`. The removed part is the original minus that.
 */
export class Take {
  readonly summary: Summary;
  readonly peaks: Peaks;
  /**
   * The container of the video that `render` makes with `audioOnly: false`. It is `undefined` if
   * the file is not a video or cannot be copied.
   */
  readonly video: VideoContainer | undefined;
  readonly #wire: Wire;
  readonly #source: Blob;
  readonly #taken: Taken;
  readonly #discard: () => Promise<void>;
  /** The files of the results that have one. */
  readonly #files = new WeakMap<Blob, string>();

  /** @internal */
  constructor(wire: Wire, source: Blob, taken: Taken) {
    this.summary = taken.summary;
    this.peaks = taken.peaks;
    this.video = taken.video;
    this.#wire = wire;
    // A result that is only sound does not need it.
    this.#source = taken.summary.video ? source : new Blob();
    this.#taken = taken;
    const { take, stored } = taken;
    // This must not reference the take, which would then never be discarded.
    this.#discard = () => wire.call('discard', { take, stored });
    forgotten.register(this, this.#discard, this);
  }

  /** @internal */
  get audio(): Blob {
    return this.#taken.audio;
  }

  /**
   * Reads `count` samples of each channel, starting with the sample `from`. There are fewer at the
   * end.
   *
   * @throws {EnhancerError} `read` if the take was discarded.
   */
  async read(
    from: number,
    count: number,
  ): Promise<{ original: Float32Array[]; enhanced: Float32Array[] }> {
    const { channels, samples } = this.summary;
    const start = Math.min(Math.max(from, 0), samples);
    const end = Math.min(Math.max(from + count, start), samples);
    const frame = 2 * channels * BYTES;
    const interleaved = await this.#bytes(start * frame, end * frame);
    const planes = Array.from({ length: 2 * channels }, () => new Float32Array(end - start));
    planes.forEach((plane, channel) => {
      for (let at = 0; at < plane.length; at++) {
        plane[at] = interleaved[at * planes.length + channel] ?? 0;
      }
    });
    return { original: planes.slice(0, channels), enhanced: planes.slice(channels) };
  }

  async #bytes(from: number, to: number): Promise<Float32Array> {
    try {
      return new Float32Array(await this.#taken.audio.slice(from, to).arrayBuffer());
    } catch (thrown) {
      throw new EnhancerError('read', `the take can no longer be read: ${String(thrown)}`);
    }
  }

  /**
   * Writes a result without running the model. The Blob stays readable while the page is open, even
   * when the take is discarded, until `discardResult` is called. In browsers it takes disk space
   * until then.
   *
   * @throws {EnhancerError} `invalid_value`, `unwritable_audio`, `cancelled`, `read`, `write`.
   */
  async render(options: RenderOptions = {}, run?: Run): Promise<Blob> {
    checkRenderPlaces(options);
    const { take, audio } = this.#taken;
    const input = { take, source: this.#source, audio, options };
    const { blob, stored, summary } = await this.#wire.call('render', input, run);
    if (stored !== undefined) this.#files.set(blob, stored);
    run?.onSummary?.(summary);
    return blob;
  }

  /**
   * Deletes a result of `render` from the disk. Call it when nothing reads the Blob any more,
   * because it becomes unreadable. Otherwise the result stays until the page is closed.
   */
  async discardResult(result: Blob): Promise<void> {
    const stored = this.#files.get(result);
    if (stored === undefined) return;
    await this.#wire.call('remove', { stored });
    this.#files.delete(result);
  }

  /** Deletes the take from the disk. Otherwise it stays until the page is closed. Later results fail with `read`. */
  async discard(): Promise<void> {
    forgotten.unregister(this);
    await this.#discard();
  }
}
