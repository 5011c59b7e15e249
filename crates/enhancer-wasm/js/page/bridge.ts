import { EnhancerError } from '../shared/error.js';
import type { CallName, Calls, Reply, Request } from '../shared/protocol.js';
import type { Progress, Run } from '../shared/types.js';
import type { Wire } from '../shared/wire.js';
import { watchLoad } from './watch_load.js';
import { Watchdog } from './watchdog.js';

/** A call that the worker has not answered yet. */
interface Pending {
  resolve: (output: unknown) => void;
  reject: (error: Error) => void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/** The page's end of the connection to its only worker. */
export class Bridge implements Wire {
  readonly isRemote = true;
  readonly #pending = new Map<number, Pending>();
  readonly #worker: Worker;
  readonly #onEnd: () => void;
  readonly #watchdog: Watchdog;
  #calls = 0;
  #silenced = false;
  /** Why the worker ended, once it has. */
  #ended: EnhancerError | undefined;

  /**
   * `address` is the address of the worker, if the page set one. `isFirst` means that another
   * worker is started if this one never answers. `onEnd` is called once if the worker ends. The
   * bridge is unusable after that.
   */
  constructor(worker: Worker, address: string | undefined, isFirst: boolean, onEnd: () => void) {
    this.#worker = worker;
    this.#onEnd = onEnd;
    this.#watchdog = new Watchdog(
      isFirst,
      () => this.#send({ name: 'ping' }),
      () => {
        this.#silenced = !this.#watchdog.everHeard;
        this.#end(ended('it does not answer'));
      },
    );
    const failure = watchLoad(worker, address);
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#receive(data);
    worker.onmessageerror = () => this.#end(ended('a message from the worker could not be read'));
    worker.onerror = (event) => {
      event.preventDefault();
      // An error without a message means that the script could not be loaded.
      if (event.message) this.#end(ended(event.message));
      else void failure().then((error) => this.#end(error));
    };
  }

  /** Whether the bridge gave up on the worker before it sent anything. */
  get neverAnswered(): boolean {
    return this.#silenced;
  }

  call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['input'],
    { onProgress, signal }: Run = {},
  ): Promise<Calls[Name]['output']> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = this.#calls++;
    const abort = () => this.#send({ id, name: 'abort' });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      this.#send({ id, name, input } as Request);
      this.#watchdog.watch();
    });
    signal?.addEventListener('abort', abort);
    return answer.finally(() => {
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#watchdog.rest();
      signal?.removeEventListener('abort', abort);
    }) as Promise<Calls[Name]['output']>;
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }

  #receive(reply: Reply): void {
    this.#watchdog.heard();
    if (reply.kind === 'alive') return;
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === 'done') pending.resolve(reply.output);
    else if (reply.kind === 'failed') {
      pending.reject(new EnhancerError(reply.failure.code, reply.failure.message));
    } else this.#report(reply.id, pending, reply.progress);
  }

  /** An error that the caller's function throws ends its call. */
  #report(id: number, pending: Pending, progress: Progress): void {
    try {
      pending.onProgress?.(progress);
    } catch (thrown) {
      pending.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      this.#send({ id, name: 'abort' });
    }
  }

  #end(reason: EnhancerError): void {
    if (this.#ended) return;
    this.#worker.terminate();
    this.#ended = reason;
    this.#watchdog.rest();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#onEnd();
  }
}

function ended(reason: string): EnhancerError {
  const message = `the enhancer's worker has ended: ${reason}; load the model again`;
  return new EnhancerError('workers', message);
}

function cancelled(): EnhancerError {
  return new EnhancerError('cancelled', 'the call was cancelled before it started');
}
