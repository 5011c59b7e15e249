//! A step of a stream allocates nothing, for callers that must not wait for an allocator. And all
//! streams of a model share its weights.
//!
//! A program of its own, for it counts what all of its threads allocate.

use std::alloc::System;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

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

/// Its tests take turns, for all count the same memory.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn a_step_allocates_nothing() {
    let _turn = TURN.lock();
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

/// What a further stream of DeepFilterNet 3 takes, 2.7 MB: its states and tables. The weights take 4.3 MB in
/// the file, and four times as much as they were once prepared for each stream.
#[test]
fn a_further_stream_shares_the_weights() {
    const MOST: isize = 4 << 20;

    let _turn = TURN.lock();
    let model = model("deepfilternet3");
    let (input, mut output) = (vec![0.1; model.hop()], vec![0.0; model.hop()]);
    let mut open = || {
        let before = MEMORY.allocated() as isize;
        let mut stream = model.stream(1).unwrap();
        stream.step(&input, &mut output).unwrap();
        let taken = MEMORY.allocated() as isize - before;
        (stream, taken)
    };
    // It prepares the network, for all.
    let _first = open();
    for _ in 0..2 {
        let (_stream, taken) = open();
        assert!((1..MOST).contains(&taken), "{taken} bytes");
    }
}
