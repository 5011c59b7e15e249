#![no_main]

use enhancer_fuzz::{Allocator, allocator, allow_contained_panics, description};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static MEMORY: Allocator = allocator(description::MEMORY);

fuzz_target!(init: allow_contained_panics(), |bytes: &[u8]| description::run(bytes));
