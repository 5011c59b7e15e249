//! Enhancer as a WebAssembly component, as `wit/audio.wit` describes it.

#[cfg(any(target_arch = "wasm32", test))]
mod chunks;
#[cfg(all(target_arch = "wasm32", feature = "http"))]
mod http;
#[cfg(all(target_arch = "wasm32", feature = "library"))]
mod library;
