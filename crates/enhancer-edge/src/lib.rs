//! Enhancer as a WebAssembly component, with the interfaces of `wit/audio.wit`.

#[cfg(any(target_arch = "wasm32", test))]
mod chunks;
#[cfg(all(target_arch = "wasm32", feature = "http"))]
mod http;
#[cfg(all(target_arch = "wasm32", feature = "library"))]
mod library;
