/** Samples that audio is rendered in at a time. */
const QUANTUM = 128;
/** Quanta from one turn of the page to the next: about 20 ms. */
const STEP = 8;
/** The most seconds that it can play. */
const LENGTH = 120;

/**
 * Replaces `AudioContext`. Its clock stands still while the page works, and advances by one step
 * between two turns of the page. So nothing comes too late, however slow the machine is, and every
 * run sounds the same. Only the clock is artificial; the browser's own nodes do the rest.
 */
export class SteppedContext extends OfflineAudioContext {
  static readonly all: SteppedContext[] = [];

  /** Receives everything that goes to the loudspeaker. */
  readonly input = new GainNode(this);
  readonly #hear: (samples: Float32Array) => void;
  readonly #recorder: Promise<void>;
  #running = false;
  #started = false;
  #turning = false;
  /** Samples that were played, and samples that the recorder has posted. */
  #played = 0;
  #recorded = 0;
  #caughtUp = () => {};

  /** `hear` gets each quantum that was played. */
  constructor(sampleRate: number, hear: (samples: Float32Array) => void) {
    super({ numberOfChannels: 2, length: LENGTH * sampleRate, sampleRate });
    this.#hear = hear;
    this.#recorder = this.#record();
    SteppedContext.all.push(this);
  }

  override get state(): AudioContextState {
    return this.#running ? 'running' : 'suspended';
  }

  override async resume(): Promise<void> {
    this.#running = true;
    if (!this.#turning) void this.#go();
  }

  override async suspend(): Promise<void> {
    this.#running = false;
  }

  async #go(): Promise<void> {
    this.#turning = true;
    await this.#recorder;
    while (this.#running) {
      await this.#step();
      // Lets waiting tasks run. The clock does not run faster than real time.
      await new Promise((resolve) =>
        setTimeout(resolve, (1000 * STEP * QUANTUM) / this.sampleRate),
      );
    }
    this.#turning = false;
  }

  async #step(): Promise<void> {
    const next = this.#played + STEP * QUANTUM;
    const reached = super.suspend(next / this.sampleRate);
    if (this.#started) void super.resume();
    else void this.startRendering();
    this.#started = true;
    await reached;
    this.#played = next;
    if (this.#recorded < next) await new Promise<void>((resolve) => (this.#caughtUp = resolve));
  }

  async #record(): Promise<void> {
    await this.audioWorklet.addModule(new URL('./recorder.js', import.meta.url));
    const recorder = new AudioWorkletNode(this, 'recorder', { numberOfOutputs: 0 });
    recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      this.#hear(data);
      this.#recorded += data.length;
      if (this.#recorded >= this.#played) this.#caughtUp();
    };
    this.input.connect(recorder);
  }
}
