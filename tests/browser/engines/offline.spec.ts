import { SAMPLE, recording } from '../support/page.ts';
import { PAGE } from '../support/paths.ts';
import { ISOLATION, serveFiles } from '../support/static_server.ts';
import { test } from './fixtures.ts';
import { choose, open, untilOffline, untilState, untilText } from './page.ts';

for (const [host, headers] of [
  ['a host that isolates it', ISOLATION],
  ['a plain host', {}],
] as const) {
  // Firefox asks all workers about the service worker. The threads of a pool sleep and do not answer:
  // whatever waits for their answer waits for ever.
  test(`from ${host} it works on once it is stored, and again without a network`, async ({
    visitor: { tab },
  }) => {
    const server = await serveFiles(PAGE, headers);
    await open(tab, server.url);
    await untilOffline(tab);
    await choose(tab, recording('mono.mp3'));
    await untilState(tab, 'mono.mp3', /^Done/);
    await tab.click('.model:has([value=gtcrn])');
    await tab.click('dialog .primary');
    await untilText(tab, '.engine', /Light is ready/);
    await server.close();
    await tab.reload();
    await untilText(tab, '.engine', /Light is ready/);
    await choose(tab, SAMPLE);
    await untilState(tab, 'sample.wav', /^Done/);
  });
}
