/** The address of each file of the model, for `Enhancer.load` of `enhancer-wasm`. */
declare const model: Readonly<Record<'model.json' | 'deepfilternet3.network', URL>>;
export default model;
