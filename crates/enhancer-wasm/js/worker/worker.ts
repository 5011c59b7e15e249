/** The page's one worker, and each thread of its pool: the first message tells which. */

import type { Request } from '../shared/protocol.js';
import { serve } from './calls.js';
import { becomeThread, type ThreadStart } from './pool.js';

type First = ThreadStart | Request;

self.onmessage = ({ data }: MessageEvent<First>) => {
  if ('kind' in data) {
    self.onmessage = null;
    void becomeThread(data);
  } else {
    self.onmessage = ({ data }: MessageEvent<Request>) => serve(data);
    serve(data);
  }
};
