import { createPlayer, type Player, type Wanted } from '../../../web/src/player';
import { type Recipe, SyntheticTake } from './synthetic_take';

/** What the specs reach from outside. */
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
    // The player needs no more of a take than this.
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

  /** All that was sent to the loudspeaker since `forget`, without the silence before it. */
  heard(): number[] {
    const all = this.#recorded.flatMap((block) => Array.from(block));
    const first = all.findIndex((sample) => sample !== 0);
    return first < 0 ? [] : all.slice(first);
  }

  /** Connects a recorder to whatever is connected to a destination. */
  #listenIn(): void {
    const connect = AudioNode.prototype.connect as (...to: unknown[]) => unknown;
    const recorders = new Map<BaseAudioContext, GainNode>();
    const recorderIn = (context: BaseAudioContext) => {
      const known = recorders.get(context);
      if (known) return known;
      const input = new GainNode(context);
      recorders.set(context, input);
      void context.audioWorklet.addModule(new URL('./recorder.js', import.meta.url)).then(() => {
        const recorder = new AudioWorkletNode(context, 'recorder', { numberOfOutputs: 0 });
        recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
          if (this.#recorded.length > 0 || data.some((sample) => sample !== 0))
            this.#recorded.push(data);
        };
        input.connect(recorder);
        document.documentElement.dataset.recording = '';
      });
      return input;
    };
    AudioNode.prototype.connect = function (this: AudioNode, ...to: unknown[]) {
      if (to[0] instanceof AudioDestinationNode) connect.call(this, recorderIn(this.context));
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
