import WaveSurfer from 'wavesurfer.js';
import { element } from './dom';

// wavesurfer writes such rules into a <style> of its shadow root, which a content security policy may refuse.
const SHEET = `
  :host { display: block; height: 100%; }
  .scroll { position: relative; height: 100%; overflow: hidden; }
  .wrapper, .canvases, .canvases > div { position: relative; }
  .progress, .cursor { display: none; }
  canvas { position: absolute; inset: 0 auto auto 0; }
`;

/** A waveform that fills its host and shows what it is given; it does not play. */
export class Wave {
  readonly #host: HTMLElement;
  readonly #surfer: WaveSurfer;
  readonly #scale: number;

  /** `scale`: the magnitude that reaches the edge. Drawn in the host's `color`. */
  constructor(host: HTMLElement, scale: number) {
    this.#host = host;
    this.#scale = scale;
    // Mounted only afterwards: of a size still unknown, the <style> is always the same, so that a policy can allow it by its hash.
    const container = element('div', { class: 'player-wave-surfer' });
    this.#surfer = WaveSurfer.create({
      container,
      // An element that never loads: the sound is not wavesurfer's.
      media: new Audio(),
      height: 'auto',
      interact: false,
      cursorWidth: 0,
    });
    host.append(container);
    this.recolour();
    const root = this.#surfer.getWrapper().getRootNode();
    if (root instanceof ShadowRoot) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(SHEET);
      root.adoptedStyleSheets = [sheet];
    }
  }

  /** Shows magnitudes, evenly spread over the width. */
  draw(magnitudes: Float32Array): void {
    // A newer drawing makes an older one fail, which is as it should be.
    this.#surfer.load('', [magnitudes], 1).catch(() => undefined);
  }

  /** Takes up the host's colour again, such as after a change from light to dark. */
  recolour(): void {
    const colour = getComputedStyle(this.#host).color;
    this.#surfer.setOptions({
      waveColor: colour,
      progressColor: colour,
      normalize: true,
      maxPeak: this.#scale,
    });
  }

  close(): void {
    this.#surfer.destroy();
  }
}
