//! Runs the target `model` on its seeds and mutations of them. It has its own binary for its memory bound.

use enhancer_fuzz::{Allocator, allocator, model, mutate};

#[global_allocator]
static MEMORY: Allocator = allocator(model::MEMORY + mutate::MEMORY);

#[test]
fn no_mutation_breaks_a_promise() {
    mutate::run("model", 150_000, 0, model::run);
}
