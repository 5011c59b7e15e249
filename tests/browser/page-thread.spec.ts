/** The page's own thread, which draws and responds, must not work on audio. */
import { readFileSync } from 'node:fs';
import { readWav } from './support/audio.ts';
import { expect, test } from './support/fixtures.ts';
import { SAMPLE, choose, open, recording, untilDone } from './support/page.ts';

// Which page-offline.spec.ts tests; without it a visit loads half as much.
test.use({ serviceWorkers: 'block' });

test('the page runs no WebAssembly, and no audio passes through it while it enhances', async ({
  page,
  isolated,
}) => {
  await page.addInitScript(watch);
  await open(page, isolated);
  await choose(page, SAMPLE, recording('16.flac'), recording('mono.mp3'));
  for (const name of ['sample.wav', '16.flac', 'mono.mp3']) await untilDone(page, name);
  const { calls, bytes, messages } = await page.evaluate(() => window.watched);
  expect(calls).toEqual([]);
  // Peaks for the pictures come in parts, so that progress can be shown.
  expect(messages).toBeGreaterThan(10);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(4 * readWav(readFileSync(SAMPLE)).samples.length * 0.05);
});

declare global {
  interface Window {
    watched: {
      /** Calls of functions of WebAssembly. */
      calls: string[];
      /** Messages from the enhancer's worker, and the bytes of the arrays in them. */
      messages: number;
      bytes: number;
    };
  }
}

/** Runs in the page before its scripts, not in its workers. */
function watch(): void {
  const watched = { calls: [] as string[], messages: 0, bytes: 0 };
  window.watched = watched;
  const names = ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming'] as const;
  for (const name of [...names, 'Module', 'Instance'] as const) {
    Object.defineProperty(WebAssembly, name, {
      value: new Proxy(WebAssembly[name], {
        apply: (_, __, [input]) => watched.calls.push(`${name} ${String(input)}`),
        construct: (_, [input]) => ({ made: watched.calls.push(`new ${name} ${String(input)}`) }),
      }),
    });
  }
  window.Worker = new Proxy(Worker, {
    construct(target, [address, options]: [string, WorkerOptions?]) {
      const worker = new target(address, options);
      if (options?.name !== 'enhancer') return worker;
      worker.addEventListener('message', ({ data }) => {
        watched.messages++;
        watched.bytes += bytesIn(data);
      });
      return worker;
    },
  });

  function bytesIn(value: unknown): number {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
    if (typeof value !== 'object' || value === null) return 0;
    return Object.values(value).reduce<number>((sum, part) => sum + bytesIn(part), 0);
  }
}
