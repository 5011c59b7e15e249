import { models, rater } from 'virtual:site';

/** The cache in which the package keeps models. */
const CACHE = 'enhancer-models';

/** Fetches missing models, one file after the other, and drops those of earlier versions. */
export async function keepModels(): Promise<void> {
  const cache = await caches.open(CACHE);
  const wanted = new Set(
    [...models, rater].flatMap(({ files }) =>
      files.map((file) => new URL(file, document.baseURI).href),
    ),
  );
  await dropOthers(cache, wanted);
  for (const address of wanted) {
    if (!(await cache.match(address))) await cache.add(address);
  }
}

async function dropOthers(cache: Cache, wanted: ReadonlySet<string>): Promise<void> {
  const own = new URL('models/', document.baseURI).href;
  for (const { url } of await cache.keys()) {
    if (url.startsWith(own) && !wanted.has(url)) await cache.delete(url);
  }
}
