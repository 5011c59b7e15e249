//! Runs the target `decode` on its seeds and mutations of them. It has its own binary for its memory bound.

use enhancer_fuzz::{Allocator, allocator, decode, mutate};

#[global_allocator]
static MEMORY: Allocator = allocator(decode::MEMORY + mutate::MEMORY);

#[test]
fn no_mutation_breaks_a_promise() {
    mutate::run("decode", 12_000, 1_000, decode::run);
}
