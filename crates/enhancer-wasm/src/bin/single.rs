//! The module without threads: the library, linked.

#![cfg_attr(target_arch = "wasm32", no_main)]

#[cfg(feature = "threads")]
compile_error!("the module without threads takes --no-default-features --features single");

use enhancer_wasm as _;

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
