/** Samples that the audio hardware takes at once. */
const QUANTUM = 128;
/** Quanta from one turn of the page to the next: about 20 ms. */
const STEP = 8;
/** Seconds that it can play. */
const LENGTH = 120;

/**
 * Stands for `AudioContext`. Its clock stands still while the page has its turn, and goes on by a step
 * between two turns: however slow the machine is, nothing comes too late, and what is heard is the same
 * at every run. Only the clock is not real; the browser's own nodes do the rest.
 */
export class SteppedContext extends OfflineAudioContext {
  static readonly all: SteppedContext[] = [];

  /** Hears all that goes to the loudspeaker. */
  readonly input = new GainNode(this);
  readonly #hear: (samples: Float32Array) => void;
  readonly #recorder: Promise<void>;
  #running = false;
  #started = false;
  #turning = false;
  /** Samples that were played, and that the recorder has posted. */
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
      // All that waits has its turn. At this pace it sounds no faster than it would.
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
