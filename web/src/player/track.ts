import { element } from './dom';
import { FLOOR_COLOUR } from './palette';
import { heightOf, hertz, labelled } from './pitch';
import { ROWS } from './spectrogram';
import type { View } from './view';
import { Wave } from './wave';

/** One signal's waveform above its spectrogram. */
export class Track {
  readonly host: HTMLElement;
  readonly #wave: Wave;
  readonly #canvas: HTMLCanvasElement;
  readonly #name = element('span', { class: 'player-name' });
  #shown: View | undefined;

  /** Appends itself to `parent`. `scale`: the magnitude that fills the waveform's height. */
  constructor(parent: HTMLElement, name: string, rate: number, scale: number) {
    const wave = element('div', { class: 'player-wave' });
    this.#canvas = element('canvas', {
      class: 'player-spectrum',
      role: 'img',
    });
    this.name = name;
    this.#canvas.height = ROWS;
    this.host = element(
      'div',
      { class: 'player-track' },
      this.#name,
      wave,
      element('div', { class: 'player-picture' }, this.#canvas, axis(rate)),
    );
    parent.append(this.host);
    this.#wave = new Wave(wave, scale);
  }

  set name(name: string) {
    this.#name.textContent = name;
    this.#canvas.setAttribute('aria-label', `Spectrogram, ${name.toLowerCase()}`);
  }

  drawWave(magnitudes: Float32Array): void {
    this.#wave.draw(magnitudes);
  }

  /**
   * Prepares the spectrogram of another view, `width` columns wide. Parts already shown stay until
   * they are redrawn.
   */
  turnTo(view: View, width: number): void {
    const before = this.#shown;
    const old = before && this.#canvas.width > 0 ? copyOf(this.#canvas) : undefined;
    this.#canvas.width = width;
    this.#shown = view;
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.fillStyle = FLOOR_COLOUR;
    context.fillRect(0, 0, width, ROWS);
    if (!before || !old) return;
    const scale = width / (view.to - view.from);
    context.drawImage(
      old,
      (before.from - view.from) * scale,
      0,
      (before.to - before.from) * scale,
      ROWS,
    );
  }

  drawPicture(image: ImageData, column: number): void {
    this.#canvas.getContext('2d')?.putImageData(image, column, 0);
  }

  recolour(): void {
    this.#wave.recolour();
  }

  close(): void {
    this.#wave.close();
  }
}

function copyOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const copy = element('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext('2d')?.drawImage(canvas, 0, 0);
  return copy;
}

function axis(rate: number): HTMLElement {
  const labels = labelled(rate).map((frequency) => {
    const label = element('span', {}, hertz(frequency));
    label.style.bottom = `${100 * heightOf(frequency, rate)}%`;
    return label;
  });
  return element('div', { class: 'player-hertz', 'aria-hidden': 'true' }, ...labels);
}
