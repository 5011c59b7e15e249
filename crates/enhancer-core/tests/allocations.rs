//! A step of a stream allocates nothing, for callers that must not wait for an allocator.
//!
//! A program of its own, for it counts what all of its threads allocate.

use std::alloc::System;
use std::fs;
use std::path::Path;

use cap::Cap;
use enhancer_core::{Model, ModelDescription};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// A model of the project: a folder, or a bare file.
fn model(name: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(name);
    if path.is_file() {
        return Model::from_tflite(&fs::read(path).unwrap()).unwrap();
    }
    let read = |file: &str| fs::read(path.join(file)).unwrap();
    let description = ModelDescription::parse(&read("model.json")).unwrap();
    let files: Vec<Vec<u8>> = description.files().map(read).collect();
    Model::from_folder(description, &files).unwrap()
}

#[test]
fn a_step_allocates_nothing() {
    for name in ["deepfilternet3", "gtcrn", "dtln", "passthrough_model_lite.tflite"] {
        let model = model(name);
        let mut stream = model.stream(1).unwrap();
        let input: Vec<f32> = (0..model.hop()).map(|n| (n as f32 * 0.3).sin() * 0.1).collect();
        let mut output = vec![0.0; model.hop()];
        // The first steps prepare what is used again.
        for _ in 0..3 {
            stream.step(&input, &mut output).unwrap();
        }
        let before = MEMORY.total_allocated();
        for _ in 0..20 {
            stream.step(&input, &mut output).unwrap();
        }
        assert_eq!(MEMORY.total_allocated() - before, 0, "bytes, by {name}");
        assert!(output.iter().any(|&x| x != 0.0), "{name} does something");
    }
}
