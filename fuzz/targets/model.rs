//! Bytes as a bare model: loaded, and run for a few steps.

#![no_main]

use enhancer_core::{Model, Result};
use enhancer_fuzz::{Allocator, allocator, allow_contained_panics};
use libfuzzer_sys::fuzz_target;

/// Twice what the tensors of a model may take for each lane.
#[global_allocator]
static MEMORY: Allocator = allocator(1 << 30);

const LANES: usize = 2;
const STEPS: usize = 3;

fuzz_target!(init: allow_contained_panics(), |bytes: &[u8]| {
    if let Ok(model) = Model::from_tflite(bytes) {
        let _ = run(&model);
    }
});

fn run(model: &Model) -> Result<()> {
    let mut stream = model.stream(LANES)?;
    let len = LANES * model.hop();
    // Ordinary samples, and what nobody should send.
    let unusual = [0.5, -1.0, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE / 2.0];
    let input: Vec<f32> = unusual.iter().copied().cycle().take(len).collect();
    let mut output = vec![0.0; len];
    for _ in 0..STEPS {
        stream.step(&input, &mut output)?;
    }
    stream.reset();
    stream.step(&output.clone(), &mut output)
}
