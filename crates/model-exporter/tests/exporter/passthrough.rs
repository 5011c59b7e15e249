use std::fs;

use model_exporter::passthrough_model::{self, FRAME_LENGTH};
use model_exporter::tflite::export_to_tflite;
use tract_nnef::internal::*;

use crate::support::{names, run_tflite};

/// Ordinary values, and values that arithmetic would change.
fn awkward_frame() -> Vec<f32> {
    let awkward = [
        0.0,
        -0.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        -f32::NAN,
        f32::from_bits(0x7f80_0001), // a signalling NaN
        f32::from_bits(0x7fc1_2345), // a NaN with a payload
        f32::from_bits(1),           // the smallest denormal
        -f32::from_bits(0x007f_ffff),
        f32::MIN_POSITIVE,
        f32::MAX,
        f32::MIN,
        f32::EPSILON,
    ];
    let ordinary = (0..FRAME_LENGTH - awkward.len()).map(|i| (i as f32 * 0.37).sin());
    awkward.into_iter().chain(ordinary).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn model_is_one_frame_in_and_the_same_out() {
    let model = passthrough_model::build().unwrap();
    assert_eq!(model.inputs, model.outputs);
    assert_eq!(model.input_fact(0).unwrap(), &f32::fact([1, FRAME_LENGTH]));
}

#[test]
fn every_bit_passes() {
    let scratch = tempfile::tempdir().unwrap();
    let (saved, exported) = (scratch.path().join("model"), scratch.path().join("model.tflite"));
    passthrough_model::save(&saved).unwrap();
    export_to_tflite(&saved, &exported).unwrap();
    let frame = awkward_frame();
    assert_eq!(bits(&run_tflite(&exported, &[1, FRAME_LENGTH], &frame)), bits(&frame));
}

#[test]
fn the_file_has_one_operator_a_reshape() {
    let scratch = tempfile::tempdir().unwrap();
    let (saved, exported) = (scratch.path().join("model"), scratch.path().join("model.tflite"));
    passthrough_model::save(&saved).unwrap();
    export_to_tflite(&saved, &exported).unwrap();
    let bytes = fs::read(&exported).unwrap();
    let file = tract_tflite::tflite::root_as_model(&bytes).unwrap();
    let operators: Vec<_> =
        file.operator_codes().unwrap().iter().map(|code| code.builtin_code()).collect();
    assert_eq!(operators, [tract_tflite::tflite::BuiltinOperator::RESHAPE]);
    let graph = file.subgraphs().unwrap().get(0);
    assert_eq!(graph.operators().unwrap().len(), 1);
    let tensors: Vec<_> =
        graph.tensors().unwrap().iter().map(|tensor| tensor.name().unwrap()).collect();
    assert_eq!(tensors, ["input", "output"]);
}

#[test]
fn saving_again_replaces_the_model_with_the_same_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    let saved = scratch.path().join("model");
    passthrough_model::save(&saved).unwrap();
    let first = fs::read(saved.join("graph.nnef")).unwrap();
    fs::write(saved.join("graph.nnef"), "stale").unwrap();
    fs::write(saved.join("stale.dat"), "stale").unwrap();
    passthrough_model::save(&saved).unwrap();
    assert_eq!(fs::read(saved.join("graph.nnef")).unwrap(), first);
    assert_eq!(names(&saved), ["graph.nnef"]);
    assert_eq!(names(scratch.path()), ["model"]);
}
