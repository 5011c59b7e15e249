import type { Loaded } from '../shared/protocol.js';
import type { EnhanceOptions, LoadOptions, ModelFiles, Run, TakeOptions } from '../shared/types.js';
import type { Bridge } from './bridge.js';
import { runtime } from './runtime.js';
import { Take } from './take.js';

/**
 * A model that enhances files. All work happens in a worker of the page and the pool of threads
 * below it, which all enhancers share. Files are read block by block, so an hour needs no more
 * memory than a minute. At most 16 files can be processed at once.
 *
 * ```js
 * const enhancer = await Enhancer.load('models/deepfilternet3');
 * const result = await enhancer.enhanceFile(file, { controls: { attenuationLimit: 30 } });
 * ```
 */
export class Enhancer {
  readonly #bridge: Bridge;
  readonly #loaded: Loaded;

  private constructor(bridge: Bridge, loaded: Loaded) {
    this.#bridge = bridge;
    this.#loaded = loaded;
  }

  /**
   * Loads a model: the one whose folder is at this address, relative to the page, or the one of
   * these files, which a package such as `enhancer-model-deepfilternet3` exports. The files are kept
   * in the browser's cache `enhancer-models` and not fetched again: another version of a model needs
   * another address, such as the same with `?v=2`.
   *
   * @throws {EnhancerError} of an `obstacle`'s code; `read` if the model cannot be fetched;
   * `invalid_description`, `model_file_differs`, `corrupt_model`, `unsupported_model`,
   * `limit_exceeded` if it cannot be used; `workers` if no worker can be started; `wasm` if the
   * module cannot be loaded; `csp` if the page's policy forbids one of them.
   */
  static async load(
    model: string | URL | ModelFiles,
    options: LoadOptions = {},
  ): Promise<Enhancer> {
    const bridge = runtime(options.worker);
    const loaded = await bridge.call('load', {
      model: addresses(model),
      threads: options.threads ?? Math.min(navigator.hardwareConcurrency || 1, 64),
      wasm: options.wasm === undefined ? undefined : absolute(options.wasm),
      base: document.baseURI,
    });
    return new Enhancer(bridge, loaded);
  }

  /** The name of the model, such as `deepfilternet3`. */
  get name(): string {
    return this.#loaded.name;
  }

  /** The sample rate of the model in Hz, or `undefined` if it accepts any. Files are converted to it and back. */
  get sampleRate(): number | undefined {
    return this.#loaded.sampleRate;
  }

  /** The licence of the weights as an SPDX expression, if known. */
  get licence(): string | undefined {
    return this.#loaded.licence;
  }

  /** The number of threads in the pool. */
  get threads(): number {
    return this.#loaded.threads;
  }

  /**
   * Enhances a file. The result has the length and the sample rate of the file and is aligned to it.
   * It also has the same format, or WAV if that format cannot be written; see its `type`.
   *
   * @throws {EnhancerError} `unsupported_audio`, `corrupt_audio`, `unwritable_audio`,
   * `limit_exceeded`, `invalid_value`, `cancelled`, `inference`, `resampling`, `worker_panicked`,
   * `read` if the file was moved or changed, `write` if there is no room for the result.
   */
  async enhanceFile(file: Blob, options: EnhanceOptions = {}, run?: Run): Promise<Blob> {
    const { model } = this.#loaded;
    const { blob, summary } = await this.#bridge.call('enhance', { model, file, options }, run);
    run?.onSummary?.(summary);
    return blob;
  }

  /**
   * Runs the model over a file once and keeps the original and the enhanced audio side by side: to
   * listen to both, and to render results of any strength, mix, loudness and format without
   * running the model again.
   *
   * @throws {EnhancerError} those of `enhanceFile`.
   */
  async take(file: Blob, options: TakeOptions = {}, run?: Run): Promise<Take> {
    const { model } = this.#loaded;
    const taken = await this.#bridge.call('take', { model, file, options }, run);
    run?.onSummary?.(taken.summary);
    return new Take(this.#bridge, file, options, taken);
  }

  /** Frees the model. Running calls finish; later calls fail with `invalid_value`. */
  close(): void {
    const { model } = this.#loaded;
    this.#bridge.call('close', { model }).catch(() => {
      // The worker has ended, and the model with it.
    });
  }
}

function absolute(address: string | URL): string {
  // As text: the addresses of some bundlers are objects that only look like a URL.
  return new URL(String(address), document.baseURI).href;
}

function addresses(model: string | URL | ModelFiles): string | Record<string, string> {
  if (typeof model === 'string' || model instanceof URL) return absolute(model);
  return Object.fromEntries(
    Object.entries(model).map(([name, address]) => [name, absolute(address)]),
  );
}
