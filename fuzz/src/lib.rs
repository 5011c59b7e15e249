//! Feeds hostile files to everything that reads files. Each module is a target: a function
//! that takes any bytes, panics if the core breaks a promise, and may use [`MEMORY`] bytes.
//! `targets/` passes them to libFuzzer (`make fuzz`). `tests/` runs them on the seeds and a fixed
//! number of mutations in an ordinary build (`make test-fuzz`).
//!
//! [`MEMORY`]: decode::MEMORY

pub mod decode;
pub mod description;
pub mod model;
pub mod mutate;
mod video;

use std::alloc::System;
use std::panic;

use cap::Cap;

/// An allocator that ends the process if the sum of all allocations would exceed a bound, even if
/// the memory is never used. libFuzzer's own limit of an allocation needs a sanitizer, which only
/// nightly compilers have.
pub type Allocator = Cap<System>;

/// The allocator with a bound of this many bytes.
pub const fn allocator(bytes: usize) -> Allocator {
    Cap::new(System, bytes)
}

/// Does not report panics that the core turns into errors. Others are reported as usual.
pub fn allow_contained_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if !enhancer_core::panics_are_contained() {
            usual(what);
        }
    }));
}
