import { element } from './dom';

/** A drawing of a waveform that fills its host. It does not play. */
export class Wave {
  readonly #host: HTMLElement;
  readonly #canvas = element('canvas', { class: 'player-wave-canvas' });
  readonly #scale: number;
  readonly #resized = new ResizeObserver(() => this.#paint());
  #magnitudes = new Float32Array();

  /** `scale`: the magnitude that reaches the edge. The waveform has the host's CSS `color`. */
  constructor(host: HTMLElement, scale: number) {
    this.#host = host;
    this.#scale = scale;
    host.append(this.#canvas);
    this.#resized.observe(host);
  }

  /** Shows magnitudes, spread evenly over the width. */
  draw(magnitudes: Float32Array): void {
    this.#magnitudes = Float32Array.from(magnitudes);
    this.#paint();
  }

  /** Redraws in the host's present colour, such as after a change from light to dark. */
  recolour(): void {
    this.#paint();
  }

  close(): void {
    this.#resized.disconnect();
    this.#canvas.remove();
  }

  #paint(): void {
    const canvas = this.#canvas;
    // Setting the size clears the canvas.
    canvas.width = Math.round(this.#host.clientWidth * devicePixelRatio);
    canvas.height = Math.round(this.#host.clientHeight * devicePixelRatio);
    const context = canvas.getContext('2d');
    if (!context) return;
    const middle = canvas.height / 2;
    context.fillStyle = getComputedStyle(this.#host).color;
    context.beginPath();
    for (let x = 0; x < canvas.width; x += 1) {
      // At least a thin line: silence is sound too.
      const height = Math.max(Math.min(this.#peak(x) / this.#scale, 1) * middle, 0.5);
      context.rect(x, middle - height, 1, 2 * height);
    }
    context.fill();
  }

  /** The largest magnitude that lies in a column of pixels. */
  #peak(column: number): number {
    const each = this.#magnitudes.length / this.#canvas.width;
    const from = Math.floor(column * each);
    const to = Math.max(from + 1, Math.floor((column + 1) * each));
    return this.#magnitudes.subarray(from, to).reduce((peak, one) => Math.max(peak, one), 0);
  }
}
