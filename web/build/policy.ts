import { readFileSync } from 'node:fs';

const FILE = new URL('../../crates/enhancer-server/src/page/policy.txt', import.meta.url);

/**
 * What the page may load and from where: its own folder, nothing else. The page carries
 * it in its head, and the service worker sends it with what the host sends without one,
 * for that of the head does not bind workers. Enhancer's own server sends it too.
 */
export const POLICY = readFileSync(FILE, 'utf8').trim();
