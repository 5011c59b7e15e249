import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these programs that is on PATH, where `make setup` found or installed one. */
export function program(...names: string[]): string {
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not there.
      }
    }
  }
  throw new Error(`none of ${names.join(', ')} is on PATH: run scripts/setup.sh browser`);
}
