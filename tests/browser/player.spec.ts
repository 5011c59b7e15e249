import { expect, type Page } from '@playwright/test';
import { open, position, test } from './player/page';
import { pair } from './player/signals';
import type { Recipe } from './player/synthetic_take';

const RATE = 48000;
/** Samples per step of the players' clock. */
const STEP_SAMPLES = 8 * 128;
const NOISE: Recipe = { kind: 'noise', seconds: 20 };
const { original, enhanced } = pair('noise', RATE);

/** Starts playing, and returns after the fade at the start. */
async function play(page: Page) {
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await listen(page, 0.3);
  await page.evaluate(() => {
    window.harness.forget();
  });
}

/** Waits until nothing sounds any more. */
async function untilSilent(page: Page) {
  await page.waitForFunction(() => !window.harness.running);
}

function heard(page: Page): Promise<Float32Array> {
  return page.evaluate(() => window.harness.heard()).then((samples) => Float32Array.from(samples));
}

/** Waits until that many more seconds were heard. */
async function listen(page: Page, seconds: number) {
  const from = await page.evaluate(() => window.harness.blocks);
  await page.waitForFunction(
    (count) => window.harness.blocks >= count,
    from + (seconds * RATE) / 128,
  );
}

/** The frame of the file to which sample `at` belongs, found by the noise that follows. */
function frameOf(samples: Float32Array, at: number, signal: (frame: number) => number): number {
  const matches = (frame: number) => {
    for (let i = 0; i < 32; i++)
      if (Math.abs((samples[at + i] ?? 0) - signal(frame + i)) > 1e-6) return false;
    return true;
  };
  for (let frame = 0; frame < 20 * RATE; frame++) if (matches(frame)) return frame;
  throw new Error(`sample ${at} of ${samples.length} is not of that signal`);
}

/** The share of the enhanced audio in each sample. `first` is the frame of the first sample. Leaves out samples where both signals are alike. */
function shares(samples: Float32Array, first: number): { at: number; share: number }[] {
  return Array.from(samples, (sample, at) => {
    const [a, b] = [original(first + at), enhanced(first + at)];
    return { at, share: Math.abs(a - b) < 0.1 ? Number.NaN : (sample - a) / (b - a) };
  }).filter(({ share }) => !Number.isNaN(share));
}

test('switching changes the source at the same position, without a gap', async ({ page, site }) => {
  await open(page, site, NOISE);
  await page.keyboard.press('Tab');
  await play(page);
  await listen(page, 1);
  await page.keyboard.press('x');
  await listen(page, 1.2);
  const samples = await heard(page);
  const first = frameOf(samples, 0, enhanced);
  expect(frameOf(samples, samples.length - 32, original)).toBe(first + samples.length - 32);
  const mixed = shares(samples, first);
  const turn = mixed.filter(({ share }) => share < 0.999 && share > 0.001);
  const begin = turn[0]?.at ?? 0;
  const end = turn.at(-1)?.at ?? 0;
  expect(begin).toBeGreaterThan(0.9 * RATE);
  expect(end - begin).toBeGreaterThan(0.009 * RATE);
  expect(end - begin).toBeLessThan(0.021 * RATE);
  const errors = mixed.map(({ at, share }) => {
    const expected = at < begin ? 1 : at > end ? 0 : 1 - (at - begin) / (end - begin);
    return Math.abs(share - expected);
  });
  expect(errors.reduce((worst, error) => Math.max(worst, error), 0)).toBeLessThan(0.01);
});

test('removed and result add up to the original', async ({ page, site }) => {
  const mix = { wet: 0.7, target: null };
  const parts: { first: number; samples: Float32Array }[] = [];
  for (const key of ['2', '3']) {
    await open(page, site, NOISE, mix);
    await page.locator('.player').focus();
    await page.keyboard.press('1');
    await play(page);
    await listen(page, 0.2);
    const first = frameOf(await heard(page), 0, original);
    await page.keyboard.press(key);
    await listen(page, 2);
    parts.push({ first, samples: await heard(page) });
  }
  const [result, removed] = parts;
  if (!result || !removed) throw new Error('nothing was recorded');
  const end = Math.min(...[result, removed].map(({ first, samples }) => first + samples.length));
  let difference = 0;
  let energy = 0;
  for (let frame = end - 0.3 * RATE; frame < end; frame++) {
    const sum =
      (result.samples[frame - result.first] ?? 0) + (removed.samples[frame - removed.first] ?? 0);
    difference += (sum - original(frame)) ** 2;
    energy += original(frame) ** 2;
  }
  const last = removed.samples.length - 1;
  const [a, b] = [original(removed.first + last), enhanced(removed.first + last)];
  expect(removed.samples[last]).toBeCloseTo(0.7 * (a - b), 5);
  expect(10 * Math.log10(difference / energy)).toBeLessThan(-80);
});

test('a changed mix is heard at once', async ({ page, site }) => {
  await open(page, site, NOISE);
  await play(page);
  await listen(page, 0.3);
  await page.evaluate(() => {
    window.harness.players[0]?.setWanted({ wet: 0.25, target: null });
  });
  await listen(page, 0.5);
  const samples = await heard(page);
  const first = frameOf(samples, 0, enhanced);
  const last = samples.length - 1;
  expect(samples[last]).toBeCloseTo(
    0.25 * enhanced(first + last) + 0.75 * original(first + last),
    5,
  );
});

/** The largest magnitude of the latest samples that were heard, over more than a period of the tone. */
async function latestPeak(page: Page): Promise<number> {
  await page.evaluate(() => {
    window.harness.forget();
  });
  await listen(page, 0.2);
  return (await heard(page)).slice(-480).reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
}

test('the louder signal is turned down to the other, unless this is switched off', async ({
  page,
  site,
}) => {
  // The enhanced is 20 dB below the original, and has a loudness of -29 LUFS.
  await open(page, site, { kind: 'tone', seconds: 100 });
  const same = page.getByRole('checkbox', { name: 'Same loudness' });
  const text = page.locator('.player-matching');
  await expect(text).toHaveText('Both play at their own loudness.');
  await page.locator('.player').focus();
  await page.keyboard.press('1');
  await play(page);
  expect(await latestPeak(page)).toBeCloseTo(0.5, 3);
  await same.check();
  await expect(text).toHaveText(
    'Original is turned down by 20.0 dB, so that both are equally loud. This changes no saved file.',
  );
  expect(await latestPeak(page)).toBeCloseTo(0.05, 3);
  await page.keyboard.press('2');
  expect(await latestPeak(page)).toBeCloseTo(0.05, 3);
  // The removed part keeps its level.
  await page.keyboard.press('3');
  expect(await latestPeak(page)).toBeCloseTo(0.45, 3);
  // With nothing removed, both signals are the same.
  await page.keyboard.press('2');
  await page.evaluate(() => window.harness.players[0]?.setWanted({ wet: 0, target: null }));
  await expect(text).toHaveText('Both are equally loud.');
  expect(await latestPeak(page)).toBeCloseTo(0.5, 3);
  // Without matching, a target is heard.
  await page.evaluate(() => window.harness.players[0]?.setWanted({ wet: 1, target: -19 }));
  expect(await latestPeak(page)).toBeCloseTo(0.05 * 10 ** (10 / 20), 2);
  await same.uncheck();
  await page.keyboard.press('1');
  expect(await latestPeak(page)).toBeCloseTo(0.5, 3);
});

test('after a seek, playing starts with exactly that sample', async ({ page, site }) => {
  await open(page, site, NOISE);
  await play(page);
  await listen(page, 0.2);
  await page.keyboard.press('Home');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  expect(await position(page)).toBe(5.5);
  await untilSilent(page);
  await page.evaluate(() => {
    window.harness.forget();
  });
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await listen(page, 1.5);
  const samples = await heard(page);
  // The first sample is faded to nothing.
  expect(frameOf(samples, 0.5 * RATE, enhanced)).toBe(5.5 * RATE + 1 + 0.5 * RATE);
  // Pieces of half a second join seamlessly.
  const last = samples.length - 32;
  expect(frameOf(samples, last, enhanced)).toBe(5.5 * RATE + 1 + last);
});

test('reading ahead is bounded', async ({ page, site }) => {
  await open(page, site, NOISE);
  const drawing = await page.evaluate(() => window.harness.takes[0]?.reads.splice(0).length ?? 0);
  expect(drawing).toBeGreaterThan(0);
  await play(page);
  await listen(page, 1);
  const [reads, at] = await page.evaluate(
    () => [window.harness.takes[0]?.reads ?? [], window.harness.players[0]?.position ?? 0] as const,
  );
  const farthest = Math.max(...reads.map(({ from, count }) => from + count));
  expect(farthest / RATE).toBeLessThan(at + 4);
  expect(Math.max(...reads.map(({ count }) => count))).toBeLessThanOrEqual(RATE);
});

test('the end of the file stops, and playing again starts over', async ({ page, site }) => {
  await open(page, site, { kind: 'noise', seconds: 1.3 });
  await play(page);
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  expect(await position(page)).toBeCloseTo(1.3, 9);
  await page.evaluate(() => {
    window.harness.forget();
  });
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await listen(page, 0.5);
  expect(frameOf(await heard(page), 0.2 * RATE, enhanced)).toBe(0.2 * RATE + 1);
});

test('only one player sounds', async ({ page, site }) => {
  await open(page, site, NOISE);
  await page.evaluate((recipe) => {
    window.harness.create(recipe);
  }, NOISE);
  const [first, second] = [page.locator('.player').first(), page.locator('.player').last()];
  await first.getByRole('button', { name: 'Play', exact: true }).click();
  await second.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(first.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await expect(second.getByRole('button', { name: 'Pause' })).toBeVisible();
});

test('the meter reads a known level', async ({ page, site }) => {
  await open(page, site, { kind: 'loud', seconds: 100 });
  const meter = page.getByRole('meter', { name: 'Level' });
  await expect(meter).toHaveAttribute('aria-valuetext', 'stopped');
  await page.locator('.player').focus();
  await page.keyboard.press('1');
  await play(page);
  await expect(meter).toHaveAttribute('aria-valuetext', 'peak 1.6 dBFS, RMS −1.4 dBFS');
  await page.keyboard.press('2');
  await expect(meter).toHaveAttribute('aria-valuetext', 'peak −26.0 dBFS, RMS −29.0 dBFS');
  // The mark for full scale stays.
  await page.locator('.player-clip').click();
  await expect(page.locator('.player-clip')).toBeHidden();
  await page.keyboard.press('1');
  await expect(page.locator('.player-clip')).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(meter).toHaveAttribute('aria-valuetext', 'stopped');
});

test('a failed read pauses and says why', async ({ page, site }) => {
  await open(page, site, { ...NOISE, seconds: 4 });
  await page.evaluate(() => {
    const take = window.harness.takes[0];
    if (take) take.read = () => Promise.reject(new Error('The disk gave up.'));
  });
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('The disk gave up.');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
});

test('a destroyed player falls silent and leaves nothing behind', async ({ page, site }) => {
  await open(page, site, NOISE);
  await play(page);
  const before = await page.evaluate(() => {
    window.harness.players[0]?.destroy();
    window.harness.forget();
    return window.harness.played;
  });
  await expect(page.locator('.player')).toHaveCount(0);
  await untilSilent(page);
  // The clock went on, and only the end of the current step was heard.
  expect(await page.evaluate(() => window.harness.played)).toBeGreaterThan(before + 0.1);
  const rest = (await heard(page)).slice(STEP_SAMPLES);
  expect(rest.every((sample) => sample === 0)).toBe(true);
});
