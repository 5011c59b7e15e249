/** The address of each file of the network, for `Rater.load` of `enhancer-wasm`. */
declare const network: Readonly<
  Record<'model.json' | 'dnsmos_features.tflite' | 'dnsmos_scores.tflite', URL>
>;
export default network;
