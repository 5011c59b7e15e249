import { signal } from '@preact/signals';
import type { Obstacle } from 'enhancer-wasm';

/** Why the page cannot work in this browser; `unknown` until the page has checked. */
export const barrier = signal<Obstacle | 'unknown' | undefined>('unknown');
