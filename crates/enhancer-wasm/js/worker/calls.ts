/** Answers the page. */
import { call } from '../engine/calls.js';
import { failureOf } from '../shared/error.js';
import type { Reply, Request } from '../shared/protocol.js';
import type { Progress } from '../shared/types.js';
import { start } from './start.js';

const underWay = new Map<number, AbortController>();

/** Answers a request of the page. */
export function serve(request: Request): void {
  if (request.name === 'ping') reply({ kind: 'alive' });
  else if (request.name === 'abort') underWay.get(request.id)?.abort();
  else void answer(request);
}

async function answer({
  id,
  name,
  input,
}: Exclude<Request, { name: 'abort' | 'ping' }>): Promise<void> {
  const controller = new AbortController();
  underWay.set(id, controller);
  const onProgress = (progress: Progress) => reply({ id, kind: 'progress', progress });
  try {
    const output = await call(name, input, { onProgress, signal: controller.signal, start });
    reply({ id, kind: 'done', output });
  } catch (thrown) {
    reply({ id, kind: 'failed', failure: failureOf(thrown) });
  } finally {
    underWay.delete(id);
  }
}

function reply(reply: Reply): void {
  self.postMessage(reply);
}
