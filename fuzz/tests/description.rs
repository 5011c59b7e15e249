//! Runs the target `description` on its seeds and mutations of them. It has its own binary for its memory bound.

use enhancer_fuzz::{Allocator, allocator, description, mutate};

#[global_allocator]
static MEMORY: Allocator = allocator(description::MEMORY + mutate::MEMORY);

#[test]
fn no_mutation_breaks_a_promise() {
    mutate::run("description", 500_000, 0, description::run);
}
