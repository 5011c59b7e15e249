import type { RenderOptions } from 'enhancer-wasm';

/** What is saved: the enhanced audio, or what was removed from it. */
export type Output = NonNullable<RenderOptions['output']>;

/** A file that was saved. */
export interface Saved {
  output: Output;
  /** With the folder or the archive that it is in, such as `talks/talk.enhanced.wav`. */
  name: string;
  bytes: number;
  /** What there is to know of the file alone, as sentences. */
  warnings: readonly string[];
}
