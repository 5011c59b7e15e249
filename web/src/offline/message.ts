/** What the page says to the service worker: not to wait until the old version's tabs are closed. */
export type Message = 'take over';
