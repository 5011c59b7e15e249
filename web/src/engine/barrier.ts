import { signal } from '@preact/signals';
import type { Obstacle } from 'enhancer-wasm';

/** Why the page cannot work in this browser; `unknown` until that is decided. */
export const barrier = signal<Obstacle | 'unknown' | undefined>('unknown');
