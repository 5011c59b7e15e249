/** What went wrong. The README explains each. */
export type ErrorCode =
  // Recordings and options.
  | 'unsupported_audio'
  | 'corrupt_audio'
  | 'unwritable_audio'
  | 'limit_exceeded'
  | 'invalid_value'
  | 'cancelled'
  | 'inference'
  | 'resampling'
  | 'worker_panicked'
  | 'read'
  | 'write'
  // Models.
  | 'invalid_description'
  | 'model_file_differs'
  | 'corrupt_model'
  | 'unsupported_model'
  // The page and its files.
  | 'workers'
  | 'wasm'
  | 'csp'
  | 'not_a_browser'
  | 'no_workers'
  | 'no_wasm_features'
  | 'internal';

/** A failure with a stable code, the same as the server's where it has one, such as `unsupported_audio`. */
export class EnhancerError extends Error {
  override readonly name = 'EnhancerError';

  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error as it crosses from the worker. */
export interface Failure {
  code: ErrorCode;
  message: string;
}

/** The error and its code. Errors without a code come from the WebAssembly instance or the browser. */
export function failureOf(thrown: unknown): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  // The binding's codes are the core's, which are all in the list.
  return { code: typeof code === 'string' ? (code as ErrorCode) : 'internal', message };
}
