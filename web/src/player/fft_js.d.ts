declare module 'fft.js' {
  /** A transform of `size` points, a power of two. Complex arrays interleave real and imaginary parts. */
  export default class FFT {
    constructor(size: number);
    createComplexArray(): number[];
    /** Writes bins 0 to size/2 of a real signal. */
    realTransform(output: number[], input: ArrayLike<number>): void;
  }
}
