// Code as users of the generated client write it. It is compiled beside the folder `client`.
import { client } from './client/client.gen.js';
import {
  cancelJob,
  createJob,
  deleteJob,
  enhance,
  followJob,
  listJobs,
  readJob,
  readResult,
  type JobRequest,
  type ProblemCode,
} from './client/index.js';

/** Takes one recording through the whole API. The test checks what comes back. */
export async function roundTrip(baseUrl: string, recording: Blob) {
  client.setConfig({ baseUrl, throwOnError: true });
  const file = new File([recording], 'talk.wav');
  const enhanced = await enhance({
    body: { file, model: 'passthrough', format: 'flac', input_gain: 'auto', strict: true },
    throwOnError: true,
  });
  const body: JobRequest = {
    file,
    model: 'passthrough',
    mix: 0.5,
    input_gain: -3,
    priority: 'low',
  };
  const headers = { 'Idempotency-Key': 'round-trip' };
  const { data: job } = await createJob({ body, headers, throwOnError: true });
  const { data: again } = await createJob({ body, headers, throwOnError: true });
  const states = new Set<string>();
  const { stream } = await followJob({ path: { id: job.id } });
  for await (const event of stream) {
    if (event) states.add(event.state);
  }
  const { data: ended } = await readJob({ path: { id: job.id }, throwOnError: true });
  const result = await readResult({ path: { id: job.id }, throwOnError: true });
  const { data: page } = await listJobs({ query: { state: 'succeeded' }, throwOnError: true });
  const { error } = await cancelJob({ path: { id: job.id }, throwOnError: false });
  const code: ProblemCode | undefined = error?.code;
  await deleteJob({ path: { id: job.id }, throwOnError: true });
  return {
    fileName: enhanced.response.headers.get('content-disposition'),
    enhancedBytes: (enhanced.data as Blob).size,
    isSame: job.id === again.id,
    states: [...states],
    mix: ended.options.mix,
    inputGain: ended.options.input_gain,
    resultBytes: (result.data as Blob).size,
    expectedBytes: ended.result?.bytes,
    isListed: page.jobs.some(({ id }) => id === job.id),
    code,
  };
}

/** Calls that must not compile. */
export const wrong: Partial<JobRequest>[] = [
  // @ts-expect-error: no such output
  { output: 'removedd' },
  // @ts-expect-error: no such format
  { format: 'mp5' },
  // @ts-expect-error: no such priority
  { priority: 'urgent' },
  // @ts-expect-error: no such sample format
  { sample_format: 's16be' },
  // @ts-expect-error: neither a number nor auto
  { input_gain: 'automatic' },
];
