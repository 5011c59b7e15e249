import { WAVESURFER_STYLE } from '../src/player/style_policy.ts';

/**
 * What the page may load and from where: its own folder, nothing else. The page carries
 * it in its head, and the service worker sends it with what the host sends without one,
 * for that of the head does not bind workers.
 */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  `style-src 'self' ${WAVESURFER_STYLE}`,
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
