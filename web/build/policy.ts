import { readFileSync } from 'node:fs';

const FILE = new URL('../../crates/enhancer-server/src/page/policy.txt', import.meta.url);

/**
 * The content security policy: the page may load only from its own folder. The page has it
 * in its head. A policy in the head does not bind workers, so the service worker adds it as a
 * header where the host sends none. Enhancer's own server sends it too.
 */
export const POLICY = readFileSync(FILE, 'utf8').trim();
