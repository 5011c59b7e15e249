//! Runs each rewrite in the runtime and compares the result with the expected one.

mod axes;
mod slices;
mod weights;

use std::borrow::Cow;

use tract_tflite::tflite::*;

use super::super::fixture::{Fixture, NONE, run};
use super::super::rewritten;
use crate::error::Error;

/// 0, 1, 2…
fn counted(len: usize) -> Vec<f32> {
    (0..len).map(|n| n as f32).collect()
}

fn add(fixture: &mut Fixture, left: i32, right: i32, sum: i32) {
    let options = AddOptions::create(&mut fixture.builder, &AddOptionsArgs::default());
    let options = (BuiltinOptions::AddOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::ADD, &[left, right], &[sum], options);
}

fn error_of(file: &[u8]) -> Error {
    rewritten(file, 1).map(|_| ()).unwrap_err()
}

fn is_corrupt(file: &[u8]) -> bool {
    matches!(error_of(file), Error::Corrupt { .. })
}

fn assert_unsupported(file: &[u8], expected: &str) {
    match error_of(file) {
        Error::Unsupported { found, .. } => assert_eq!(found, expected),
        kind => panic!("{kind:?}"),
    }
}

/// `[2, 3]` with three constants.
fn squared_difference() -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 3]);
    let other = fixture.float32(&[1, 3], &[1.0, -2.0, 0.5]);
    let output = fixture.computed(&[2, 3]);
    fixture.operator(BuiltinOperator::SQUARED_DIFFERENCE, &[input, other], &[output], NONE);
    fixture.file(&[input], &[output])
}

#[test]
fn a_squared_difference_broadcasts() {
    let outputs = run(&squared_difference(), &[(&[2, 3], &counted(6))]).unwrap();
    assert_eq!(outputs, [[1.0, 9.0, 2.25, 4.0, 36.0, 20.25]]);
}

#[test]
fn an_operator_without_a_rewrite_is_named() {
    for (kind, name) in [
        (BuiltinOperator::CUSTOM, "the operator CUSTOM/Mystery"),
        (BuiltinOperator::TRANSPOSE_CONV, "the operator TRANSPOSE_CONV"),
    ] {
        let mut fixture = Fixture::new();
        let (input, output) = (fixture.computed(&[1, 3]), fixture.computed(&[1, 3]));
        fixture.operator(kind, &[input], &[output], NONE);
        assert_unsupported(&fixture.file(&[input], &[output]), name);
    }
}

#[test]
fn a_file_that_needs_nothing_stays_as_it_is() {
    let mut fixture = Fixture::new();
    let (input, output) = (fixture.computed(&[1, 3]), fixture.computed(&[1, 3]));
    add(&mut fixture, input, input, output);
    let file = fixture.file(&[input], &[output]);
    assert!(matches!(rewritten(&file, 1).unwrap(), Cow::Borrowed(same) if same == file));
}

#[test]
fn unchanged_parts_are_kept() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 3]);
    let [squared, leaky] = [fixture.computed(&[1, 3]), fixture.computed(&[1, 3])];
    let options =
        LeakyReluOptions::create(&mut fixture.builder, &LeakyReluOptionsArgs { alpha: 0.25 });
    let options = (BuiltinOptions::LeakyReluOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::LEAKY_RELU, &[input], &[leaky], options);
    fixture.operator(BuiltinOperator::SQUARED_DIFFERENCE, &[input, leaky], &[squared], NONE);
    let file = fixture.file(&[input], &[leaky, squared]);

    let legal = rewritten(&file, 1).unwrap();
    let model = root_as_model(&legal).unwrap();
    assert_eq!((model.version(), model.description()), (3, Some("of a test")));
    let kept = model.subgraphs().unwrap().get(0).operators().unwrap().get(0);
    assert_eq!(kept.builtin_options_as_leaky_relu_options().unwrap().alpha(), 0.25);
    let outputs = run(&file, &[(&[1, 3], &[-4.0, 0.0, 2.0])]).unwrap();
    assert_eq!(outputs, [[-1.0, 0.0, 2.0], [9.0, 0.0, 0.0]]);
}

#[test]
fn a_damaged_file_never_panics() {
    for file in [
        squared_difference(),
        slices::split(1, &[[2, 3]; 2]),
        slices::split_v(&[1, 5]),
        slices::sliced(&[0, 1], &[-1, -1], &[2, 2]),
        slices::Strided::new(&[0, 1], &[2, 3], &[1, 2]).file(),
        axes::reduced(BuiltinOperator::MEAN, &[-1], true, &[2, 1]),
        axes::squeezed(&[0, 2], &[2, 3]),
        weights::hybrid(0, &[0.5], &[0]),
        weights::convolution(BuiltinOperator::CONV_2D, &[2, 1, 1, 2]),
    ] {
        for at in 0..file.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = file.clone();
                damaged[at] ^= flip;
                // Some bytes are names, padding or numbers. Changing them leaves the graph legal.
                for lanes in [1, 2] {
                    if let Ok(legal) = rewritten(&damaged, lanes) {
                        root_as_model(&legal).unwrap();
                    }
                }
            }
        }
    }
}

#[track_caller]
fn assert_shape(file: &[u8], expected: &[i32]) {
    let read = super::super::read(file, 1).unwrap();
    let fact = read.outlet_fact(read.outputs[0]).unwrap();
    let expected: Vec<usize> = expected.iter().map(|dim| *dim as usize).collect();
    assert_eq!(fact.shape.as_concrete(), Some(&expected[..]));
}

/// The sum of the input with itself, with an activation.
fn activated(activation: ActivationFunctionType) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let (input, output) = (fixture.computed(&[1, 3]), fixture.computed(&[1, 3]));
    let args = AddOptionsArgs { fused_activation_function: activation, ..Default::default() };
    let options = AddOptions::create(&mut fixture.builder, &args);
    let options = (BuiltinOptions::AddOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::ADD, &[input, input], &[output], options);
    fixture.file(&[input], &[output])
}

#[test]
fn fused_activations_are_kept_or_named() {
    let given = [(&[1, 3][..], &[-1.0, 2.0, 4.0][..])];
    let outputs = run(&activated(ActivationFunctionType::RELU), &given).unwrap();
    assert_eq!(outputs, [[0.0, 4.0, 8.0]]);
    let outputs = run(&activated(ActivationFunctionType::RELU6), &given).unwrap();
    assert_eq!(outputs, [[0.0, 4.0, 6.0]]);
    let file = activated(ActivationFunctionType::TANH);
    assert_unsupported(&file, "the operator ADD with the fused activation TANH");
}

/// The runtime's writer turns it into SQRT. Its reader must not.
#[test]
fn reciprocal_square_roots_are_read() {
    let mut fixture = Fixture::new();
    let (input, output) = (fixture.computed(&[1, 3]), fixture.computed(&[1, 3]));
    fixture.operator(BuiltinOperator::RSQRT, &[input], &[output], NONE);
    let file = fixture.file(&[input], &[output]);
    let outputs = run(&file, &[(&[1, 3], &[4.0, 0.25, 1.0])]).unwrap();
    assert_eq!(outputs, [[0.5, 2.0, 1.0]]);
}
