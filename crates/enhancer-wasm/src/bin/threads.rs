//! The module with a pool of web workers: the library, linked.

#![cfg_attr(target_arch = "wasm32", no_main)]

use enhancer_wasm as _;

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
