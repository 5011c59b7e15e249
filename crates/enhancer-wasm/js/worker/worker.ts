/** The page's only worker, and each thread of its pool. The first message determines which. */

import type { Request } from '../shared/protocol.js';
import { serve } from './calls.js';
import { becomeThread, type ThreadStart } from './pool.js';

type First = ThreadStart | Request;

self.onmessage = ({ data }: MessageEvent<First>) => {
  if ('kind' in data) {
    self.onmessage = null;
    // A rejection would stay in this thread. As an error it ends the page's calls, which would
    // otherwise wait for ever.
    becomeThread(data).catch(reportError);
  } else {
    self.onmessage = ({ data }: MessageEvent<Request>) => serve(data);
    serve(data);
  }
};
