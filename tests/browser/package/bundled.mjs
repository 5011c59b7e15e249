import * as enhancer from 'enhancer-wasm';
import model from 'enhancer-model-deepfilternet3';

// The tests work with what came through the bundler.
Object.assign(window, { enhancer, model });
