/**
 * Milliseconds after which the browser has surely begun to read a download, and keeps what it
 * reads. A page cannot learn when it is done.
 */
export const BEGUN_MS = 60_000;

/** Hands a file to the browser's downloads. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), BEGUN_MS);
}
