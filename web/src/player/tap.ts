import { type Level, levelOf, louder, SILENCE } from './level';

/** Seconds of audio in one level: longer than two frames of a screen, so that no peak is missed. */
const WINDOW = 0.04;

/** Passes audio on to the listener and measures each channel separately. */
export class Tap {
  readonly input: AudioNode;
  readonly #splitter: ChannelSplitterNode;
  readonly #analysers: AnalyserNode[];
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(context: BaseAudioContext, channels: number) {
    const fftSize =
      2 ** Math.min(15, Math.max(5, Math.ceil(Math.log2(WINDOW * context.sampleRate))));
    this.input = new GainNode(context);
    this.input.connect(context.destination);
    this.#splitter = new ChannelSplitterNode(context, { numberOfOutputs: channels });
    this.input.connect(this.#splitter);
    this.#samples = new Float32Array(fftSize);
    this.#analysers = Array.from({ length: channels }, (_, channel) => {
      const analyser = new AnalyserNode(context, { fftSize });
      this.#splitter.connect(analyser, channel);
      return analyser;
    });
  }

  /** The present level of the loudest channel. */
  level(): Level {
    return this.#analysers.reduce((level, analyser) => {
      analyser.getFloatTimeDomainData(this.#samples);
      return louder(level, levelOf(this.#samples));
    }, SILENCE);
  }

  close(): void {
    this.input.disconnect();
    this.#splitter.disconnect();
  }
}
