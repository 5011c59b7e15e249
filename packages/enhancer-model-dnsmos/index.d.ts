/** The address of each file of the network, for `Rater.load` of `enhancer-wasm`. */
declare const network: Readonly<
  Record<'model.json' | 'dnsmos_features.network' | 'dnsmos_scores.network', URL>
>;
export default network;
