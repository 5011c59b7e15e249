/**
 * What the page says to the service worker: not to wait until the old version's tabs are closed, or
 * which of the two WebAssembly modules the page runs, if the worker cannot know.
 */
export type Message = 'take over' | 'keep the module without threads';
