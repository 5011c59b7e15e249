// Bundlers copy what is named in this very form.
export default {
  'model.json': new URL('./model.json', import.meta.url),
  'deepfilternet3.tflite': new URL('./deepfilternet3.tflite', import.meta.url),
};
