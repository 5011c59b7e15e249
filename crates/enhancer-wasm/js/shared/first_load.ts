import { EnhancerError } from './error.js';

/** The addresses of the package's files, by the options that set them. */
export type Files = Readonly<Record<string, string | WebAssembly.Module | undefined>>;

/** With these errors, no module was started, so the next load can use other files. */
const NO_MODULE: ReadonlySet<unknown> = new Set(['wasm', 'csp']);

/**
 * All enhancers share the files of the first load. Other files are refused, because they would not
 * be used.
 */
export class FirstLoad {
  #files: Files | undefined;
  /** The files of what is running although the load failed. */
  #kept: Files = {};

  /**
   * Runs `load` for a caller that requests these files.
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

  /** Forgets the files, because what was started has ended. */
  forget(): void {
    this.#files = undefined;
    this.#kept = {};
  }
}

function refuseOthers(first: Files, files: Files): void {
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined || file === first[option]) continue;
    const message =
      `LoadOptions.${option} is ${nameOf(file)}, but an earlier load chose ` +
      `${nameOf(first[option])}, which all enhancers share: give the same at each load`;
    throw new EnhancerError('invalid_value', message);
  }
}

function nameOf(file: Files[string]): string {
  if (file === undefined) return 'the one beside the package';
  return typeof file === 'string' ? file : 'another module';
}
