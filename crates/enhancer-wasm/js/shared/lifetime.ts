import { EnhancerError } from './error.js';

/** Frees something that was closed as soon as none of its calls is running. */
export class Lifetime {
  readonly #name: string;
  readonly #free: () => Promise<unknown>;
  #running = 0;
  #closed = false;

  /** `name` is used in errors. */
  constructor(name: string, free: () => Promise<unknown>) {
    this.#name = name;
    this.#free = free;
  }

  /** @throws {EnhancerError} `invalid_value` if it was closed. */
  async during<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new EnhancerError('invalid_value', `the ${this.#name} is closed`);
    this.#running++;
    try {
      return await call();
    } finally {
      this.#running--;
      this.#freeIfUnused();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (!this.#closed || this.#running > 0) return;
    this.#free().catch(() => {
      // The worker has ended, with everything that it held.
    });
  }
}
