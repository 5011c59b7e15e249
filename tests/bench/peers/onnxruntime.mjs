/** onnxruntime-web with the published parts of DeepFilterNet 3, over a whole utterance. */
import * as ort from './node_modules/onnxruntime-web/dist/ort.wasm.min.mjs';
import { check, noise } from './noise.mjs';

const WEIGHTS = '/.tools/weights/deepfilternet3';

/** Runs only the network, over this many hops. The features are noise. */
export async function onnxruntime(threads, hops) {
  ort.env.wasm.numThreads = threads;
  const parts = [];
  for (const part of ['enc', 'erb_dec', 'df_dec']) {
    parts.push(await ort.InferenceSession.create(`${WEIGHTS}/${part}.onnx`));
  }
  // On pages without isolation it uses one thread, and only warns.
  if (ort.env.wasm.numThreads !== threads) {
    throw new Error(`onnxruntime-web runs ${ort.env.wasm.numThreads} threads, expected ${threads}`);
  }
  const features = {
    feat_erb: tensor([1, 1, hops, 32]),
    feat_spec: tensor([1, 2, hops, 96]),
  };
  const run = () => network(parts, features);
  const { mask, coefficients } = await run();
  check('onnxruntime-web', mask);
  check('onnxruntime-web', coefficients);
  return run;
}

const tensor = (shape) =>
  new ort.Tensor('float32', noise(shape.reduce((all, one) => all * one)), shape);

async function network([encoder, erb, filter], features) {
  const { e0, e1, e2, e3, emb, c0 } = await encoder.run(features);
  const { m } = await erb.run({ emb, e3, e2, e1, e0 });
  const { coefs } = await filter.run({ emb, c0 }, ['coefs']);
  return { mask: m.data, coefficients: coefs.data };
}
