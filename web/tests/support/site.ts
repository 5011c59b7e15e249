/** What `virtual:site` gives to the page, as far as the tests need it: a build knows the rest. */
import type { SiteModel } from 'virtual:site';

const model: SiteModel = {
  name: 'deepfilternet3',
  address: 'models/deepfilternet3',
  files: [],
  bytes: 0,
  sampleRate: 48_000,
};

export const models: readonly [SiteModel, ...SiteModel[]] = [model];
