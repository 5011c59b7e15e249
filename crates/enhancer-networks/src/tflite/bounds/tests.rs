//! Small files that request a lot of memory.

use tract_tflite::tflite::*;

use super::super::fixture::{Fixture, NONE};
use super::super::read;
use crate::error::Error;

/// A graph with one operator, which takes an input of shape `[1, 4, 4, 1]` and int32 constants.
fn graph(kind: BuiltinOperator, shape: &[i32], sizes: &[i32], output: &[i32]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 4, 4, 1]);
    let sizes = fixture.int32(shape, sizes);
    let output = fixture.computed(output);
    fixture.operator(kind, &[input, sizes], &[output], NONE);
    fixture.file(&[input], &[output])
}

/// A pool with a square window of this side.
fn pool(side: i32) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let (input, output) = (fixture.computed(&[1, 4, 4, 1]), fixture.computed(&[1, 4, 4, 1]));
    let args = Pool2DOptionsArgs {
        stride_w: 1,
        stride_h: 1,
        filter_width: side,
        filter_height: side,
        ..Default::default()
    };
    let options = Pool2DOptions::create(&mut fixture.builder, &args);
    let options = (BuiltinOptions::Pool2DOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::AVERAGE_POOL_2D, &[input], &[output], options);
    fixture.file(&[input], &[output])
}

#[track_caller]
fn assert_exceeds(file: &[u8], expected: &str) {
    match read(file, 1).map(|_| ()).unwrap_err() {
        Error::LimitExceeded { limit, allowed, actual } => {
            assert_eq!(limit, expected);
            assert!(actual > allowed);
        }
        kind => panic!("{kind:?}"),
    }
}

const TENSOR: &str = "the elements of a tensor of the model";

#[test]
fn sizes_in_constants_are_bounded() {
    use BuiltinOperator as Kind;
    let image = [1, 4, 4, 1];
    let pads = [0, 0, 0, 1 << 12, 1 << 12, 0, 0, 0];
    assert_exceeds(&graph(Kind::PAD, &[4, 2], &pads, &image), TENSOR);
    assert_exceeds(&graph(Kind::PAD, &[4, 2], &[i32::MAX; 8], &image), TENSOR);
    assert_exceeds(&graph(Kind::BROADCAST_TO, &[4], &[5000, 4, 4, 5000], &image), TENSOR);
    assert_exceeds(&graph(Kind::RESIZE_BILINEAR, &[2], &[4097, 4096], &image), TENSOR);
    assert!(read(&graph(Kind::PAD, &[4, 2], &[0, 0, 1, 1, 2, 0, 0, 0], &image), 1).is_ok());
}

#[test]
fn the_window_of_a_pool_is_bounded() {
    assert_exceeds(&pool(257), "the elements of a pool's window");
    assert!(read(&pool(2), 1).is_ok());
}

#[test]
fn declared_shapes_are_bounded_one_by_one_and_together() {
    let kind = BuiltinOperator::BROADCAST_TO;
    assert_exceeds(&graph(kind, &[1], &[1], &[1, 1 << 12, 1 << 13]), TENSOR);
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 4]);
    (0..5).for_each(|_| {
        fixture.computed(&[1, 1 << 24]);
    });
    let file = fixture.file(&[input], &[input]);
    assert_exceeds(&file, "the elements of all tensors of the model");
}

#[test]
fn elementwise_results_are_bounded_even_if_the_file_declares_less() {
    let mut fixture = Fixture::new();
    let (row, column) = (fixture.computed(&[1, 1 << 13]), fixture.computed(&[1 << 13, 1]));
    let output = fixture.computed(&[1, 1]);
    fixture.operator(BuiltinOperator::MUL, &[row, column], &[output], NONE);
    assert_exceeds(&fixture.file(&[row, column], &[output]), TENSOR);
}

#[test]
fn sizes_that_are_computed_are_refused() {
    let mut fixture = Fixture::new();
    let (input, sizes) = (fixture.computed(&[1, 4]), fixture.computed(&[2]));
    let output = fixture.computed(&[1, 4]);
    fixture.operator(BuiltinOperator::BROADCAST_TO, &[input, sizes], &[output], NONE);
    match read(&fixture.file(&[input], &[output]), 1).map(|_| ()).unwrap_err() {
        Error::Unsupported { found, .. } => {
            assert_eq!(found, "BROADCAST_TO with sizes that are computed");
        }
        kind => panic!("{kind:?}"),
    }
}
