/**
 * A message of the page to the service worker: to take over before the tabs of the old version are
 * closed, or to keep the WebAssembly module without threads, which the worker cannot know by itself.
 */
export type Message = 'take over' | 'keep the module without threads';
