//! Enhancer as a WebAssembly component, as `wit/audio.wit` describes it.

#[cfg(any(target_arch = "wasm32", test))]
mod chunks;
#[cfg(target_arch = "wasm32")]
mod library;
