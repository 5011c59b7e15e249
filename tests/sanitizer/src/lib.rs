//! See `make test-sanitizer`.
#![allow(dead_code, unused_imports, reason = "what compiles networks is not here")]

#[path = "../../../crates/enhancer-networks/src/kernels/mod.rs"]
mod kernels;
