/** Turns a message of the core into a sentence; an empty text if there is no message. */
export function sentence(message: string | undefined): string {
  if (!message) return '';
  // Addresses and file names at the start keep their case.
  const begins = /^\p{Ll}[\p{L}’']*[ ,]/u.test(message) ? message[0]?.toUpperCase() : message[0];
  const ends = /[.?!]$/.test(message) ? '' : '.';
  return `${begins}${message.slice(1)}${ends}`;
}
