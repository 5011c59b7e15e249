//! enhancer-wasm
