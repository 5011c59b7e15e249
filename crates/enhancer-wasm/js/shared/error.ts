import type { ErrorCode as CoreCode } from '../generated/core.js';

/** Codes of the core that nothing here leads to: sessions and names of models are the package's own. */
type Unused = 'session_exists' | 'session_finished' | 'shut_down' | 'unknown_model';

/** What went wrong. The README explains each. */
export type ErrorCode =
  | Exclude<CoreCode, Unused>
  // The page and its files.
  | 'wasm'
  | 'csp'
  | 'not_a_browser'
  | 'no_workers'
  | 'no_wasm_features';

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
