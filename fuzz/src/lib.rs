//! What all targets have in common.

use std::alloc::System;
use std::panic;

use cap::Cap;

/// An allocator that ends the process where all that is allocated would pass this
/// many bytes, whether they are ever touched or not. libFuzzer's own limit of an
/// allocation needs a sanitizer, which only nightly compilers have.
pub type Allocator = Cap<System>;

/// The bound: eight times what the targets allow a decoder.
pub const ALLOCATOR: Allocator = Cap::new(System, 128 << 20);

/// Lets panics pass that the core turns into errors; others still end the process.
pub fn allow_contained_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        if !enhancer_core::panics_are_contained() {
            usual(what);
        }
    }));
}
