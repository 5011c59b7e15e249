// Generates a client in TypeScript: generate.mjs DOCUMENT FOLDER.
import { createClient } from '@hey-api/openapi-ts';

const [input, path] = process.argv.slice(2);
await createClient({
  input,
  output: { path, importFileExtension: '.js' },
  plugins: ['@hey-api/client-fetch', '@hey-api/sdk', '@hey-api/typescript'],
  logs: { level: 'warn' },
});
