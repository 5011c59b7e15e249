import { latin1 } from './kind';

/** What a file is if its first bytes show that it is not a recording: `This is a text file`. */
export function noRecording(start: Uint8Array): string | undefined {
  if (start.length === 0) return 'This file is empty';
  const found = SIGNS.find(({ sign }) => sign.test(latin1(start)));
  if (found) return found.title;
  return isText(start) ? 'This is a text file' : undefined;
}

const SIGNS = [
  { sign: /^%PDF/, title: 'This is a PDF document' },
  { sign: /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP)/s, title: 'This is a picture' },
  {
    sign: /^(PK\x03\x04|7z\xbc\xaf|Rar!|\x1f\x8b)/,
    title: 'This is an archive or an office document',
  },
];

function isText(start: Uint8Array): boolean {
  try {
    // Decoded as a stream, because the last character may be cut.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    // Texts have no control characters except tabs, line ends and the like.
    return !/[\0-\x08\x0e-\x1f]/.test(text);
  } catch {
    return false;
  }
}
