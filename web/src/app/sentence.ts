/** A message of the core as a sentence; nothing of none. */
export function sentence(message: string | undefined): string {
  return message ? `${message[0]?.toUpperCase()}${message.slice(1)}.` : '';
}
