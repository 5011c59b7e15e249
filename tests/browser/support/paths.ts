import { join } from 'node:path';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../../..');

/** The page, as `make page` builds it. */
export const PAGE = join(ROOT, 'web/dist');

/** The command, as `make test` builds it. */
export const ENHANCER = process.env['ENHANCER'] ?? join(ROOT, 'target/debug/enhancer');

/** The noisy sample: mono, 48 kHz, 32-bit float. */
export const NOISY = join(ROOT, 'audio_samples/audio_file_48k.raw');

export const SAMPLE_RATE = 48_000;

/** The model that returns its input. */
export const PASSTHROUGH = join(ROOT, 'models/passthrough_model_lite.tflite');
