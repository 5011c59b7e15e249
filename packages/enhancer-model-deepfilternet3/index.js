// Bundlers copy what is named in this very form.
export default {
  'model.json': new URL('./model.json', import.meta.url),
  'deepfilternet3.network': new URL('./deepfilternet3.network', import.meta.url),
};
