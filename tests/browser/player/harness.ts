import { createPlayer, type Player, type Wanted } from '../../../web/src/player';
import { SteppedContext } from './stepped_context';
import { type Recipe, SyntheticTake } from './synthetic_take';

/** The objects that the tests use from outside the page. */
export class Harness {
  readonly players: Player[] = [];
  readonly takes: SyntheticTake[] = [];
  readonly violations: string[] = [];
  #recorded: Float32Array[] = [];

  constructor() {
    addEventListener('securitypolicyviolation', (event) => {
      this.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
    this.#listenIn();
  }

  create(recipe: Recipe, wanted: Wanted = { wet: 1, target: null }): void {
    const take = new SyntheticTake(recipe);
    const host = document.createElement('div');
    document.querySelector('main')?.append(host);
    this.takes.push(take);
    // The player needs only this part of a take.
    this.players.push(
      createPlayer(host, take as unknown as Parameters<typeof createPlayer>[1], wanted),
    );
  }

  forget(): void {
    this.#recorded = [];
  }

  /** Blocks of 128 samples recorded since `forget`, from the first that is not silent on. */
  get blocks(): number {
    return this.#recorded.length;
  }

  /** All samples sent to the loudspeaker since `forget`, without the silence at the start. */
  heard(): number[] {
    const all = this.#recorded.flatMap((block) => Array.from(block));
    const first = all.findIndex((sample) => sample !== 0);
    return first < 0 ? [] : all.slice(first);
  }

  /** Whether a clock of the players runs. */
  get running(): boolean {
    return SteppedContext.all.some(({ state }) => state === 'running');
  }

  /** How much was played, sound or silence, in seconds. */
  get played(): number {
    return SteppedContext.all.reduce((sum, { currentTime }) => sum + currentTime, 0);
  }

  /** Replaces real audio contexts by stepped ones, and records what is connected to their loudspeakers. */
  #listenIn(): void {
    const hear = (samples: Float32Array) => {
      if (this.#recorded.length > 0 || samples.some((sample) => sample !== 0))
        this.#recorded.push(samples);
    };
    const stand = function ({ sampleRate }: { sampleRate: number }) {
      return new SteppedContext(sampleRate, hear);
    };
    window.AudioContext = stand as unknown as typeof AudioContext;
    const connect = AudioNode.prototype.connect as (...to: unknown[]) => unknown;
    AudioNode.prototype.connect = function (this: AudioNode, ...to: unknown[]) {
      if (to[0] instanceof AudioDestinationNode && this.context instanceof SteppedContext)
        connect.call(this, this.context.input);
      return connect.apply(this, to);
    } as typeof connect as AudioNode['connect'];
  }
}

declare global {
  interface Window {
    harness: Harness;
  }
}

window.harness = new Harness();
