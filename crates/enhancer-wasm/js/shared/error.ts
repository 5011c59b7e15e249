import type { ErrorCode as CoreCode } from '../generated/core.js';

/**
 * Codes of the core that cannot occur here. The package creates sessions and names of models
 * itself.
 */
type Unused = 'session_exists' | 'session_finished' | 'shut_down' | 'unknown_model';

/** The code of an error. The README explains each. */
export type ErrorCode =
  | Exclude<CoreCode, Unused>
  // Errors of the page and its files.
  | 'wasm'
  | 'csp'
  | 'not_a_browser'
  | 'no_workers'
  | 'no_wasm_features';

/**
 * An error with a stable code, such as `unsupported_audio`. The server uses the same codes where it
 * has them.
 */
export class EnhancerError extends Error {
  override readonly name = 'EnhancerError';

  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error as it is sent by the worker. */
export interface Failure {
  code: ErrorCode;
  message: string;
}

/**
 * Extracts the message and the code of an error. Errors without a code come from the WebAssembly
 * instance or the browser.
 */
export function failureOf(thrown: unknown): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  // The binding only uses codes of the core, which are all in the list.
  return { code: typeof code === 'string' ? (code as ErrorCode) : 'internal', message };
}
