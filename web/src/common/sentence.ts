/** A message of the core as a sentence; nothing of none. */
export function sentence(message: string | undefined): string {
  if (!message) return '';
  // Addresses and names of files stay as they are.
  const begins = /^\p{Ll}[\p{L}’']*[ ,]/u.test(message) ? message[0]?.toUpperCase() : message[0];
  const ends = /[.?!]$/.test(message) ? '' : '.';
  return `${begins}${message.slice(1)}${ends}`;
}
