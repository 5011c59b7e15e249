//! Treats bytes as a bare model: loads it and runs it for a few steps.

use enhancer_core::{Model, Result};

/// Twice what the tensors of a model may take for each lane.
pub const MEMORY: usize = 1 << 30;

const LANES: usize = 2;
const STEPS: usize = 3;

/// Loads the bytes, and runs the model if it could be loaded.
///
/// # Panics
/// If the core breaks a promise.
pub fn run(bytes: &[u8]) {
    if let Ok(model) = Model::from_tflite(bytes) {
        let _ = step(&model);
    }
}

fn step(model: &Model) -> Result<()> {
    let mut stream = model.stream(LANES)?;
    let len = LANES * model.hop();
    // Ordinary samples, and values that nobody should send.
    let unusual = [0.5, -1.0, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE / 2.0];
    let input: Vec<f32> = unusual.iter().copied().cycle().take(len).collect();
    let mut output = vec![0.0; len];
    for _ in 0..STEPS {
        stream.step(&input, &mut output)?;
    }
    stream.reset();
    stream.step(&output.clone(), &mut output)
}
