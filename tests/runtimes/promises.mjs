// Checks the promises of the package, in any runtime: promises.mjs SOURCE
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import model from 'enhancer-model-deepfilternet3';
import { Enhancer, EnhancerError, obstacle, Rater, threadsObstacle } from 'enhancer-wasm';

const bytes = new Uint8Array(await readFile(argv[2]));
const inFolder = (model) => new URL(`../../models/compiled/${model}`, import.meta.url);
const code = (code) => (error) => error instanceof EnhancerError && error.code === code;

assert.equal(obstacle(), undefined);
assert.equal(threadsObstacle().code, 'not_a_browser');

// A module from another place, before any is loaded.
const elsewhere = { singleWasm: 'nowhere.wasm' };
await assert.rejects(Enhancer.load(model, elsewhere), code('wasm'));

// A model from its package, from a folder, and from bytes.
await assert.rejects(Enhancer.load('nowhere'), code('read'));
await assert.rejects(Enhancer.load({}), code('invalid_value'));
await assert.rejects(Enhancer.load(undefined), code('invalid_value'));
const text = new TextEncoder().encode('{}');
await assert.rejects(Enhancer.load({ 'model.json': text }), code('invalid_description'));
const folder = await Enhancer.load(inFolder('deepfilternet3'));
assert.equal(folder.name, 'deepfilternet3');
// All share the module that is loaded now.
await assert.rejects(Enhancer.load(model, elsewhere), code('invalid_value'));
await assert.rejects(folder.enhanceFile(bytes, { mix: 2 }), code('invalid_value'));
folder.close();
await assert.rejects(folder.enhanceFile(bytes), code('invalid_value'));
const names = Object.keys(model);
const contents = await Promise.all(names.map((name) => readFile(model[name])));
const files = names.map((name, index) => [name, new Uint8Array(contents[index])]);
const enhancer = await Enhancer.load(Object.fromEntries(files));
assert.equal(enhancer.threads, 1);
assert.equal(enhancer.sampleRate, 48_000);

// A source in each form gives a result in the same form.
const second = { limits: { durationSeconds: 60 } };
const result = await enhancer.enhanceFile(bytes, second);
assert.ok(result instanceof Uint8Array);
assert.ok(result.length > 900_000);
const blob = await enhancer.enhanceFile(new Blob([bytes]));
assert.equal(blob.type, 'audio/wav');
assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), result);
const stream = await enhancer.enhanceFile(new Blob([bytes]).stream());
assert.ok(stream instanceof ReadableStream);
assert.deepEqual(new Uint8Array(await new Response(stream).arrayBuffer()), result);
await assert.rejects(enhancer.enhanceFile('a name'), code('invalid_value'));

// A stream that never ends is abandoned at once.
const never = new AbortController();
const waiting = enhancer.enhanceFile(new ReadableStream({}), {}, { signal: never.signal });
never.abort();
await assert.rejects(waiting, code('cancelled'));
const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) });
await assert.rejects(enhancer.enhanceFile(broken), code('read'));

// Running work continues when the enhancer is closed.
const closing = await Enhancer.load(model);
const running = [closing.enhanceFile(bytes), closing.enhanceFile(new Blob([bytes]).stream())];
closing.close();
await assert.rejects(closing.enhanceFile(bytes), code('invalid_value'));
assert.deepEqual(await running[0], result);
assert.deepEqual(new Uint8Array(await new Response(await running[1]).arrayBuffer()), result);

// Two at once, and one that is read twice, for its loudness.
const summaries = [];
const onSummary = (summary) => summaries.push(summary);
const both = await Promise.all([
  enhancer.enhanceFile(bytes),
  enhancer.enhanceFile(bytes, { loudness: -16 }, { onSummary }),
]);
assert.deepEqual(both[0], result);
assert.ok(Math.abs(summaries[0].loudness + 16) < 0.1);

// Progress, and what it throws; an abort.
const fractions = [];
await enhancer.enhanceFile(bytes, {}, { onProgress: ({ fraction }) => fractions.push(fraction) });
assert.equal(fractions.at(-1), 1);
assert.ok(fractions.every((fraction, at) => at === 0 || fraction >= fractions[at - 1]));
const thrown = new RangeError('enough');
const onProgress = () => {
  throw thrown;
};
await assert.rejects(enhancer.enhanceFile(bytes, {}, { onProgress }), (error) => error === thrown);
const stop = new AbortController();
const aborted = enhancer.enhanceFile(
  bytes,
  {},
  { signal: stop.signal, onProgress: () => stop.abort() },
);
await assert.rejects(aborted, code('cancelled'));

// Takes.
const take = await enhancer.take(bytes);
const rendered = await take.render({});
assert.deepEqual(new Uint8Array(await rendered.arrayBuffer()), result);
const { original, enhanced } = await take.read(0, 480);
assert.deepEqual([original.length, enhanced[0].length], [1, 480]);

// Ratings of a file and of a take.
const network = inFolder('dnsmos');
const rater = await Rater.load(network);
const few = { windows: 1 };
const measured = await rater.measure(bytes, few);
assert.equal(measured.windows, 1);
assert.deepEqual(await rater.measure(new Blob([bytes]), few), measured);
const { before, after, findings } = await rater.compare(take, few);
// A take holds floats, the file 16 bits.
assert.ok(Math.abs(before.scores.overall - measured.scores.overall) < 0.01);
assert.ok(after.scores.overall > before.scores.overall + 0.3);
assert.deepEqual(findings, []);
await assert.rejects(rater.measure(bytes, { windows: 65 }), code('invalid_value'));
await assert.rejects(rater.measure(bytes, {}, { signal: AbortSignal.abort() }), code('cancelled'));
await assert.rejects(Rater.load(model), code('unsupported_model'));
await assert.rejects(Enhancer.load(network), code('unsupported_model'));
await assert.rejects(Rater.load(undefined), /^EnhancerError: Rater\.load needs a model/);
const unfinished = rater.measure(new Blob([bytes]).stream(), few);
rater.close();
assert.deepEqual(await unfinished, measured);
await assert.rejects(rater.measure(bytes, few), code('invalid_value'));
await take.discard();

// Damage, and a text.
const none = new TextEncoder().encode('no recording');
await assert.rejects(enhancer.enhanceFile(none), code('unsupported_audio'));
const cut = bytes.subarray(0, 100_000);
await assert.rejects(enhancer.enhanceFile(cut, { strict: true }), code('corrupt_audio'));
await enhancer.enhanceFile(cut, {}, { onSummary });
assert.equal(summaries.at(-1).warnings[0].code, 'damaged');
