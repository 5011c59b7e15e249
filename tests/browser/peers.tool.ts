/**
 * Prints how long a hop of a recording takes in Chromium, with our package and with its peers.
 *
 * Rules of fairness: all take turns, ours first, so that a slow phase of the machine affects all.
 * Medians are compared. Our package decodes a recording, computes features, runs the network, and
 * encodes the result. For a peer only the network counts, with features already computed. They are
 * noise, because their values do not change the work. The time in which onnxruntime-web passes data
 * from one part of the network to the next, and LiteRT.js from one step to the next, counts too: the
 * network would not run without it.
 */
import type { BrowserContext, Page } from '@playwright/test';
import { keep, median } from './support/figures.ts';
import { expect, test } from './support/fixtures.ts';

const RUNS = 5;
const HOPS = 100 * Number(process.env['PEERS_SECONDS'] ?? 60);
/** Every step does the same work, so that a few are enough. */
const STEPS = 300;

const CONTESTANTS = {
  ours1: { peer: 'ours', threads: 1, hops: HOPS },
  onnxruntime1: { peer: 'onnxruntime', threads: 1, hops: HOPS },
  ours2: { peer: 'ours', threads: 2, hops: HOPS },
  onnxruntime2: { peer: 'onnxruntime', threads: 2, hops: HOPS },
  litert1: { peer: 'litert', threads: 1, hops: STEPS },
};

type Name = keyof typeof CONTESTANTS;
type Given = (typeof CONTESTANTS)[Name];

/** tests/bench/peers/contestants.mjs */
interface Contestants {
  load(peer: string, threads: number, hops: number): Promise<void>;
  timed(peer: string): Promise<number>;
}

const NAMES = Object.keys(CONTESTANTS) as Name[];

/** A page for each number of threads: our package and onnxruntime-web have one number per page. */
async function open(context: BrowserContext, repository: string): Promise<Page[]> {
  const pages = [await context.newPage(), await context.newPage()];
  for (const page of pages) await page.goto(`${repository}/tests/bench/peers/page.html`);
  for (const name of NAMES) {
    const given = CONTESTANTS[name];
    await pages[given.threads - 1]?.evaluate(load, given);
  }
  return pages;
}

/** Runs in the page. */
async function load({ peer, threads, hops }: Given): Promise<void> {
  const where = '/tests/bench/peers/contestants.mjs';
  const contestants = (await import(where)) as Contestants;
  await contestants.load(peer, threads, hops);
}

/** Runs in the page. Returns the microseconds of a hop. */
async function timed({ peer }: Given): Promise<number> {
  const where = '/tests/bench/peers/contestants.mjs';
  const contestants = (await import(where)) as Contestants;
  return contestants.timed(peer);
}

async function inTurns(pages: Page[]): Promise<Record<Name, number>> {
  const taken = Object.fromEntries(NAMES.map((name) => [name, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const name of NAMES) {
      const given = CONTESTANTS[name];
      taken[name]?.push((await pages[given.threads - 1]?.evaluate(timed, given)) ?? Number.NaN);
    }
  }
  const medians = Object.entries(taken).map(([name, hops]) => [name, median(hops)]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

function ratios(hop: Record<Name, number>): Record<string, number> {
  return {
    chromium_one_thread: hop.onnxruntime1 / hop.ours1,
    chromium_two_threads: hop.onnxruntime2 / hop.ours2,
    chromium_two_against_one: hop.ours1 / hop.ours2,
    chromium_litert: hop.litert1 / hop.ours1,
  };
}

function print(hop: Record<Name, number>): void {
  const µs = (name: Name) => hop[name].toFixed(0);
  console.log(`
A hop of a recording of ${HOPS / 100} s in Chromium, DeepFilterNet 3, in µs; medians of ${RUNS} runs in turns:

| | one thread | two threads |
|---|--:|--:|
| our package, all that it does | ${µs('ours1')} | ${µs('ours2')} |
| onnxruntime-web, the network over the whole recording | ${µs('onnxruntime1')} | ${µs('onnxruntime2')} |
| LiteRT.js, the network step by step | ${µs('litert1')} | – |
`);
}

test('a whole recording by our package and by its peers', async ({ context, repository }) => {
  test.setTimeout(20 * 60_000);
  const hop = await inTurns(await open(context, repository));
  print(hop);
  keep(ratios(hop));
  expect(Object.values(hop).every((each) => each > 0)).toBe(true);
});
