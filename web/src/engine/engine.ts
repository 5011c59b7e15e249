import { models, rater as network } from 'virtual:site';
import { signal } from '@preact/signals';
import { Enhancer, Rater } from 'enhancer-wasm';
import { type Problem, problemOf } from '../common/problem';

/** The loading state of a model. */
export type ModelState = 'absent' | 'loading' | 'ready' | Problem;

/** The loading state of each model, by model name. */
export const modelStates = signal<Readonly<Record<string, ModelState>>>({});

const loads = new Map<string, Promise<Enhancer>>();
const loaded = new Map<string, Enhancer>();
let rater: Promise<Rater> | undefined;

/** The enhancer of a model. The first call loads it; after a failure the next call tries again. */
export function enhancerOf(name: string): Promise<Enhancer> {
  const begun = loads.get(name);
  if (begun) return begun;
  const load = begin(name);
  loads.set(name, load);
  return load;
}

/** Loads an enhancer again after the package's worker has ended, which ends all enhancers. */
export function replace(name: string, enhancer: Enhancer): void {
  // Every file that was being processed calls this; only the first call acts.
  if (loaded.get(name) !== enhancer) return;
  loaded.clear();
  loads.clear();
  rater = undefined;
  modelStates.value = {};
  // The model's state shows a failure.
  enhancerOf(name).catch(() => {});
}

/** The rater of results. The first call loads it; after a failure the next call tries again. */
export function raterOf(): Promise<Rater> {
  rater ??= Rater.load(new URL(network.address, document.baseURI));
  const load = rater;
  load.catch(() => {
    if (rater === load) rater = undefined;
  });
  return load;
}

/** Forgets a rater that failed, so that the next call of `raterOf` loads another. */
export function dropRater(): void {
  rater = undefined;
}

async function begin(name: string): Promise<Enhancer> {
  const model = models.find((model) => model.name === name) ?? models[0];
  setState(name, 'loading');
  try {
    const enhancer = await Enhancer.load(new URL(model.address, document.baseURI));
    loaded.set(name, enhancer);
    setState(name, 'ready');
    return enhancer;
  } catch (error) {
    loads.delete(name);
    setState(name, problemOf(error));
    throw error;
  }
}

function setState(name: string, state: ModelState): void {
  modelStates.value = { ...modelStates.value, [name]: state };
}
