// Bundlers copy what is named in this very form.
export default {
  'model.json': new URL('./model.json', import.meta.url),
  'dnsmos_features.tflite': new URL('./dnsmos_features.tflite', import.meta.url),
  'dnsmos_scores.tflite': new URL('./dnsmos_scores.tflite', import.meta.url),
};
