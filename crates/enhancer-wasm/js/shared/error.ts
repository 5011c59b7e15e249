/** A failure with a stable code, the same as the server's, such as `unsupported_audio` or `cancelled`. */
export class EnhancerError extends Error {
  override readonly name = 'EnhancerError';

  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error as it crosses from the worker. */
export interface Failure {
  code: string;
  message: string;
}

/** The error and its code. Errors without a code come from the WebAssembly instance or the browser. */
export function failureOf(thrown: unknown): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return { code: typeof code === 'string' ? code : 'internal', message };
}
