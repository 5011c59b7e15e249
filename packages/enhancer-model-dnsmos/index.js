// Bundlers copy what is named in this very form.
export default {
  'model.json': new URL('./model.json', import.meta.url),
  'dnsmos_features.network': new URL('./dnsmos_features.network', import.meta.url),
  'dnsmos_scores.network': new URL('./dnsmos_scores.network', import.meta.url),
};
