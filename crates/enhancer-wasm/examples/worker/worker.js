// A Cloudflare Worker: POST a recording to /enhance, and the answer is the enhanced one.
import { Enhancer, EnhancerError } from 'enhancer-wasm';

const MODEL = ['model.json', 'deepfilternet3.network'];

/** Shared by all requests once it is loaded. A load that is under way belongs to its request. */
let enhancer;

async function load(assets) {
  const files = MODEL.map(async (name) => {
    const response = await assets.fetch(`https://assets/deepfilternet3/${name}`);
    if (!response.ok) throw new Error(`${name} of the model: status ${response.status}`);
    return [name, new Uint8Array(await response.arrayBuffer())];
  });
  return Enhancer.load(Object.fromEntries(await Promise.all(files)));
}

export default {
  async fetch(request, { ASSETS }) {
    if (new URL(request.url).pathname !== '/enhance') return new Response(null, { status: 404 });
    if (request.method !== 'POST') {
      return new Response(null, { status: 405, headers: { allow: 'POST' } });
    }
    try {
      enhancer ??= await load(ASSETS);
      const result = await enhancer.enhanceFile(await request.blob());
      return new Response(result, { headers: { 'content-type': result.type } });
    } catch (error) {
      if (!(error instanceof EnhancerError)) throw error;
      const { code, message: detail } = error;
      return Response.json({ code, detail }, { status: code === 'internal' ? 500 : 422 });
    }
  },
};
