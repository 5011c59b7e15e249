/** A failure as the page shows it. */
export interface Problem {
  /** An error code of the core or of the page. Codes do not change. */
  code: string;
  /** What happened, briefly. */
  title: string;
  /** The original message. */
  detail: string;
  /** What to do. */
  advice: string;
  /** Whether another try may succeed. */
  retry: boolean;
}

/** The core's error codes in words for somebody with a recording. */
const WORDS: Record<string, readonly [title: string, advice: string]> = {
  unsupported_audio: [
    'This file type isn’t supported',
    'Supported: WAV, FLAC, MP3, M4A, Ogg, Opus, WebM, MP4 and more. Convert the file to one of these.',
  ],
  corrupt_audio: [
    'The file is damaged',
    'Download or export it again. If another program can open it, save it there as WAV.',
  ],
  unwritable_audio: [
    'This recording cannot be saved in this format',
    'Choose another format under “Save as”.',
  ],
  limit_exceeded: [
    'This is more than the page can handle',
    'Wait for the other files to finish, or split the recording. Then try again.',
  ],
  read: [
    'The file could not be read',
    'It may have been moved, renamed or changed since you added it. Add it again.',
  ],
  write: [
    'The browser has no storage left',
    'Save and remove finished files, or free some disk space, and try again.',
  ],
  workers: [
    'The browser could not start its worker threads',
    'Close some tabs, reload the page, and try again.',
  ],
  worker_panicked: [
    'Something went wrong inside',
    'Try again. If the problem stays, please report it with the details below.',
  ],
  fetch: ['A part of the page could not be loaded', 'Check your connection and try again.'],
  microphone: [
    'The microphone cannot be used',
    'Allow this page to use it in the browser’s address bar, and check that one is connected.',
  ],
};
const OTHERWISE = [
  'The recording could not be enhanced',
  'Try again. If the problem stays, please report it with the details below.',
] as const;

/** Errors that the same file would cause again. */
const HOPELESS: ReadonlySet<string> = new Set(['unsupported_audio', 'corrupt_audio']);

/** The problem of a file that is not a recording. `title` says what the file is. */
export function noRecordingProblem(title: string, detail: string): Problem {
  const advice = 'Choose a recording: audio or video.';
  return { code: 'unsupported_audio', title, detail, advice, retry: false };
}

/** Describes what was thrown. `code` is used if the error has none. */
export function problemOf(thrown: unknown, code = 'unknown'): Problem {
  const own = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
  const known = own ? String(thrown.code) : code;
  const [title, advice] = WORDS[known] ?? OTHERWISE;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: known, title, detail, advice, retry: !HOPELESS.has(known) };
}

/** Whether the user cancelled the work, which is not a failure. */
export function isAbort(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return thrown.name === 'AbortError' || ('code' in thrown && thrown.code === 'cancelled');
}
