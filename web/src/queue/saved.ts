import type { RenderOptions } from 'enhancer-wasm';

/** What is saved: the enhanced audio, or what was removed from it. */
export type Output = NonNullable<RenderOptions['output']>;

/** A file that was saved. */
export interface Saved {
  output: Output;
  /** The name with its folder or archive, such as `talks/talk.enhanced.wav`. */
  name: string;
  bytes: number;
  /** Warnings about this file only, as sentences. */
  warnings: readonly string[];
}
