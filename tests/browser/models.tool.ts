/** Prints how long a minute of speech takes in Chromium with each built-in model, with one thread and with two. */
import { expect, test } from './support/fixtures.ts';
import { prepare, RAW } from './package/in_page.ts';

const MODELS = ['deepfilternet3', 'gtcrn'];
const RUNS = 5;

for (const threads of [1, 2]) {
  test(`models with threads: ${threads}`, async ({ page, repository }) => {
    test.setTimeout(10 * 60_000);
    await page.goto(`${repository}/tests/browser/package/blank.html`);
    await prepare(page, repository);
    const rows = await page.evaluate(measure, { models: MODELS, threads, runs: RUNS, raw: RAW });
    for (const { model, first, minute, ratio } of rows) {
      const figures = `first second ${first.toFixed(2)} s, a minute ${minute.toFixed(2)} s`;
      console.log(`${model}, threads ${threads}: ${figures}, ${ratio.toFixed(1)} times as fast`);
    }
    expect(rows).toHaveLength(MODELS.length);
  });
}

/**
 * Runs in the page. The models take turns, so that a slow phase of the machine affects all of them.
 * Medians are compared with the first model's.
 */
async function measure(given: {
  models: string[];
  threads: number;
  runs: number;
  raw: typeof RAW;
}) {
  const { models, threads, runs, raw } = given;
  const sample = await (await fetch('/audio_samples/audio_file_48k.raw')).blob();
  const minute = new Blob([sample, sample, sample, sample]).slice(0, 60 * 48_000 * 4);
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const loaded = [];
  for (const model of models) {
    const enhancer = await window.enhancer.Enhancer.load(`/models/compiled/${model}`, { threads });
    const started = performance.now();
    await enhancer.enhanceFile(sample.slice(0, 48_000 * 4), { raw });
    const first = (performance.now() - started) / 1000;
    loaded.push({ model, enhancer, first, seconds: [] as number[] });
  }
  for (let run = 0; run < runs; run++) {
    for (const { enhancer, seconds } of loaded) {
      const started = performance.now();
      await enhancer.enhanceFile(minute, { raw });
      seconds.push((performance.now() - started) / 1000);
    }
  }
  const reference = median(loaded[0]?.seconds ?? []);
  return loaded.map(({ model, first, seconds }) => {
    const minute = median(seconds);
    return { model, first, minute, ratio: reference / minute };
  });
}
