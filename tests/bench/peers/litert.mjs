/** LiteRT.js with our published `.tflite`, step by step, with the states carried on. */
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { check, noise } from './noise.mjs';

const FOLDER = '/models/deepfilternet3';

/** Runs this many steps of the network, and nothing else. */
export async function litert(threads, hops) {
  await loadLiteRt(new URL('./node_modules/@litertjs/core/wasm/', import.meta.url).href);
  const { parts } = await (await fetch(`${FOLDER}/model.json`)).json();
  const [{ file, inputs, outputs }] = parts;
  const model = await loadAndCompile(`${FOLDER}/${file}`, {
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
  });
  return () => inSteps(model, { inputs, outputs }, hops);
}

async function inSteps(model, { inputs, outputs }, hops) {
  const given = inputs.map(({ role, shape }) => {
    const length = shape.reduce((all, one) => all * one);
    return new Tensor(role === 'state' ? new Float32Array(length) : noise(length), shape);
  });
  for (let hop = 0; hop < hops; hop++) {
    const made = await model.run(given);
    if (hop === hops - 1) checkAll(outputs, made);
    carryOn({ inputs, outputs }, given, made);
  }
  for (const tensor of given) tensor.delete();
}

/** Passes the new states of a step to the next one. */
function carryOn({ inputs, outputs }, given, made) {
  outputs.forEach(({ role, state }, from) => {
    if (role !== 'state') {
      made[from].delete();
      return;
    }
    const to = inputs.findIndex((input) => input.state === state);
    given[to].delete();
    given[to] = made[from];
  });
}

function checkAll(outputs, made) {
  outputs.forEach(({ role }, at) => {
    if (role !== 'state') check(`LiteRT.js, ${role}`, made[at].toTypedArray());
  });
}
