import * as enhancer from 'enhancer-wasm';
import model from 'enhancer-model-deepfilternet3';

// The tests use the package from the bundle.
Object.assign(window, { enhancer, model });
