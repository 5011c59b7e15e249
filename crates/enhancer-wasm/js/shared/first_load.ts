import { EnhancerError } from './error.js';

/** Addresses of the package's files, by the options that give them. */
export type Files = Readonly<Record<string, string | WebAssembly.Module | undefined>>;

/** With these no module was started: the next load can bring others. */
const NO_MODULE: ReadonlySet<unknown> = new Set(['wasm', 'csp']);

/** All enhancers share the files of the first load. Others are refused, for they would not be used. */
export class FirstLoad {
  #files: Files | undefined;
  /** What runs although the load failed. */
  #kept: Files = {};

  /**
   * Runs `load`, which asks for these files.
   *
   * @throws {EnhancerError} `invalid_value` if the first load had others.
   */
  async share<Result>(files: Files, load: () => Promise<Result>): Promise<Result> {
    this.#files ??= { ...files, ...this.#kept };
    refuseOthers(this.#files, files);
    try {
      return await load();
    } catch (thrown) {
      if (thrown instanceof EnhancerError && NO_MODULE.has(thrown.code) && this.#files) {
        this.#kept = { worker: this.#files['worker'] };
        this.#files = undefined;
      }
      throw thrown;
    }
  }

  /** What was started has ended. */
  forget(): void {
    this.#files = undefined;
    this.#kept = {};
  }
}

function refuseOthers(first: Files, files: Files): void {
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined || file === first[option]) continue;
    const message =
      `LoadOptions.${option} is ${nameOf(file)}, but an earlier load started ` +
      `${nameOf(first[option])}, which all enhancers share: give the same at each load`;
    throw new EnhancerError('invalid_value', message);
  }
}

function nameOf(file: Files[string]): string {
  if (file === undefined) return 'the one beside the package';
  return typeof file === 'string' ? file : 'another module';
}
