/** A failure, for the user's eyes. */
export interface Problem {
  /** Stable; the core's, or the page's own. */
  code: string;
  /** What happened, in a few words. */
  title: string;
  /** What exactly, as it was reported. */
  detail: string;
  /** What helps. */
  advice: string;
}

/** What each of the core's codes means to somebody who has a recording in hand. */
const WORDS: Record<string, readonly [title: string, advice: string]> = {
  unsupported_audio: [
    'Not a recording this page can read',
    'WAV, FLAC, MP3, M4A, Ogg, Opus, WebM and MP4 are among those it can. Convert the file to one of them.',
  ],
  corrupt_audio: [
    'The file is damaged',
    'Fetch or export it again; if another player opens it, save it from there as WAV.',
  ],
  unwritable_audio: [
    'It cannot be written in this format',
    'Choose another format under “Save as”.',
  ],
  limit_exceeded: [
    'More than this page can take',
    'Let the other files finish, or split the recording, and try again.',
  ],
  read: [
    'The file could not be read',
    'It may have been moved, renamed or changed since you chose it. Add it again.',
  ],
  write: [
    'The browser has no room left',
    'Save and remove finished files, or free some disk space, and try again.',
  ],
  workers: [
    'The browser could not start its worker threads',
    'Close some tabs, load the page again, and try once more.',
  ],
  worker_panicked: [
    'Something broke inside',
    'Try again. If it stays, please report it with the details below.',
  ],
  fetch: ['A part of the page could not be loaded', 'Check your connection and try again.'],
  microphone: [
    'The microphone cannot be used',
    'Allow this page to use it in the browser’s address bar, and see that one is connected.',
  ],
};
const OTHERWISE = [
  'It could not be enhanced',
  'Try again. If it stays, please report it with the details below.',
] as const;

/** What was thrown, in plain words; `code` where the thrower gave none. */
export function problemOf(thrown: unknown, code = 'unknown'): Problem {
  const own = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
  const known = own ? String(thrown.code) : code;
  const [title, advice] = WORDS[known] ?? OTHERWISE;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: known, title, detail, advice };
}

/** Whether somebody asked for it to end, which is no failure. */
export function isAbort(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return thrown.name === 'AbortError' || ('code' in thrown && thrown.code === 'cancelled');
}
