#![no_main]

use enhancer_fuzz::{Allocator, allocator, allow_contained_panics, decode};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static MEMORY: Allocator = allocator(decode::MEMORY);

fuzz_target!(init: allow_contained_panics(), |bytes: &[u8]| decode::run(bytes));
