// A Cloudflare Worker that loads a model with `.tflite` files: without the module that reads them, or,
// for the path /given, with it.
import { Enhancer } from 'enhancer-wasm';
import tfliteWasm from './enhancer_wasm_tflite_bg.wasm';

const MODEL = ['model.json', 'dtln_1.tflite', 'dtln_2.tflite'];

async function load(assets, options) {
  const files = MODEL.map(async (name) => {
    const response = await assets.fetch(`https://assets/dtln/${name}`);
    return [name, new Uint8Array(await response.arrayBuffer())];
  });
  return Enhancer.load(Object.fromEntries(await Promise.all(files)), options);
}

export default {
  async fetch(request, { ASSETS }) {
    const isGiven = new URL(request.url).pathname === '/given';
    try {
      const { name, threads } = await load(ASSETS, isGiven ? { tfliteWasm } : {});
      return Response.json({ name, threads });
    } catch ({ code, message }) {
      return Response.json({ code, message });
    }
  },
};
