import { EnhancerError } from './error.js';

/** When something that can be closed is freed: as soon as no call of it runs any more. */
export class Lifetime {
  readonly #name: string;
  readonly #free: () => Promise<unknown>;
  #running = 0;
  #closed = false;

  /** `name` is for errors. */
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
      // The worker has ended, and what it held with it.
    });
  }
}
