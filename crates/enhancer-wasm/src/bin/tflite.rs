//! The module that reads `.tflite` files, without threads: the library, linked.

#![cfg_attr(target_arch = "wasm32", no_main)]

#[cfg(feature = "threads")]
compile_error!(
    "the module that reads .tflite files takes --no-default-features --features single,tflite"
);

use enhancer_wasm as _;

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
