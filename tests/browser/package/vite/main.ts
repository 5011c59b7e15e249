import * as enhancer from 'enhancer-wasm';

// The tests work with what came through the bundler.
Object.assign(window, { enhancer });
