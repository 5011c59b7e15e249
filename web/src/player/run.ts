import type { Blend } from './mix';
import { Ramp } from './ramp';
import { type Anchor, anchorFor, frameAt, timeOf } from './timeline';

/** Seconds between scheduling the first piece and hearing it. */
const LEAD = 0.03;
/** Seconds of fading in after a start or seek. */
const FADE_IN = 0.005;

/** Aligned audio of one stretch of the file, one array per channel. */
export interface Piece {
  original: Float32Array[];
  enhanced: Float32Array[];
}

/**
 * Playback from one start or seek to the next. Schedules pieces of both signals together on the
 * audio clock.
 */
export class Run {
  readonly #context: BaseAudioContext & { readonly outputLatency?: number };
  readonly #rate: number;
  readonly #gains: Record<keyof Piece, GainNode>;
  readonly #blend: Record<keyof Piece, Ramp>;
  readonly #fade: GainNode;
  readonly #fading: Ramp;
  readonly #sources = new Set<AudioBufferSourceNode>();
  #anchor: Anchor | undefined;
  readonly #from: number;
  #end: number;

  /** Plays into `output`, from `frame` of a file with sample rate `rate`. */
  constructor(output: AudioNode, rate: number, frame: number, blend: Blend) {
    this.#context = output.context;
    this.#rate = rate;
    this.#from = this.#end = frame;
    this.#fade = new GainNode(this.#context);
    this.#fade.connect(output);
    this.#fading = new Ramp(this.#fade.gain, 0);
    const gain = () => new GainNode(this.#context);
    this.#gains = { original: gain(), enhanced: gain() };
    this.#gains.original.connect(this.#fade);
    this.#gains.enhanced.connect(this.#fade);
    this.#blend = {
      original: new Ramp(this.#gains.original.gain, blend.original),
      enhanced: new Ramp(this.#gains.enhanced.gain, blend.enhanced),
    };
  }

  /** The frame that the audio clock has reached. */
  get frame(): number {
    if (!this.#anchor) return this.#end;
    return frameAt(this.#context.currentTime, this.#rate, this.#anchor, this.#end);
  }

  /**
   * The frame that leaves the loudspeaker now: a little behind `frame`. It stays at the first frame
   * until that one is heard.
   */
  get heard(): number {
    return Math.max(this.frame - (this.#context.outputLatency ?? 0) * this.#rate, this.#from);
  }

  /** Whether anything has left the loudspeaker. */
  get isHeard(): boolean {
    return this.heard > this.#from;
  }

  /** Seconds of audio that are scheduled and not yet heard. */
  get ahead(): number {
    if (!this.#anchor) return 0;
    return timeOf(this.#end, this.#rate, this.#anchor) - this.#context.currentTime;
  }

  /** Appends a piece directly after the previous one. A late piece starts as soon as possible. */
  append(piece: Piece): void {
    const now = this.#context.currentTime;
    const anchor = anchorFor(this.#end, this.#rate, now + LEAD, now, this.#anchor);
    const start = timeOf(this.#end, this.#rate, anchor);
    if (!this.#anchor) this.#fading.between(1, start, start + FADE_IN);
    this.#anchor = anchor;
    this.#start(piece.original, this.#gains.original, start);
    this.#start(piece.enhanced, this.#gains.enhanced, start);
    this.#end += piece.original[0]?.length ?? 0;
  }

  /** Changes the blend that is heard, without a gap. */
  set blend(blend: Blend) {
    this.#blend.original.to(blend.original, this.#context.currentTime);
    this.#blend.enhanced.to(blend.enhanced, this.#context.currentTime);
  }

  /** Fades out and drops the scheduled pieces. */
  stop(): void {
    const end = this.#fading.to(0, this.#context.currentTime);
    for (const source of this.#sources) source.stop(end);
    // By then the fade is over. If the audio clock stands still, nothing is heard anyway.
    setTimeout(() => {
      this.#fade.disconnect();
    }, 200);
  }

  #start(channels: Float32Array[], output: AudioNode, time: number): void {
    const buffer = new AudioBuffer({
      length: channels[0]?.length ?? 0,
      numberOfChannels: channels.length,
      sampleRate: this.#rate,
    });
    channels.forEach((samples, channel) => {
      buffer.getChannelData(channel).set(samples);
    });
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(output);
    source.onended = () => {
      source.disconnect();
      this.#sources.delete(source);
    };
    this.#sources.add(source);
    source.start(time);
  }
}
