//! Parts of tensors.

use tract_tflite::tflite::*;

use super::super::super::fixture::{Fixture, NONE, run};
use super::{assert_shape, assert_unsupported, counted, is_corrupt};

/// `[2, 6]` in `parts` along `axis`.
pub(super) fn split(axis: i32, parts: &[[i32; 2]]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let axis = fixture.int32(&[], &[axis]);
    let input = fixture.computed(&[2, 6]);
    let outputs: Vec<i32> = parts.iter().map(|shape| fixture.computed(shape)).collect();
    let args = SplitOptionsArgs { num_splits: parts.len() as i32 };
    let options = SplitOptions::create(&mut fixture.builder, &args);
    let options = (BuiltinOptions::SplitOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::SPLIT, &[axis, input], &outputs, options);
    fixture.file(&[input], &outputs)
}

#[test]
fn split_makes_equal_parts() {
    let outputs = run(&split(-1, &[[2, 3]; 2]), &[(&[2, 6], &counted(12))]).unwrap();
    assert_eq!(outputs, [[0.0, 1.0, 2.0, 6.0, 7.0, 8.0], [3.0, 4.0, 5.0, 9.0, 10.0, 11.0]]);
    let outputs = run(&split(0, &[[1, 6]; 2]), &[(&[2, 6], &counted(12))]).unwrap();
    assert_eq!(outputs.concat(), counted(12));
}

#[test]
fn split_into_unequal_parts_is_damage() {
    assert!(is_corrupt(&split(1, &[[2, 1]; 5])));
    assert!(is_corrupt(&split(2, &[[2, 3]; 2])));
    assert!(is_corrupt(&split(i32::MIN, &[[2, 3]; 2])));
}

pub(super) fn split_v(lens: &[i32]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 6]);
    let parts = fixture.int32(&[lens.len() as i32], lens);
    let axis = fixture.int32(&[1], &[1]);
    let outputs = [fixture.computed(&[2, 1]), fixture.computed(&[2, 5])];
    let options = SplitVOptions::create(&mut fixture.builder, &SplitVOptionsArgs { num_splits: 2 });
    let options = (BuiltinOptions::SplitVOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::SPLIT_V, &[input, parts, axis], &outputs, options);
    fixture.file(&[input], &outputs)
}

#[test]
fn split_v_makes_parts_of_given_lengths() {
    let expected = [vec![0.0, 6.0], vec![1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 9.0, 10.0, 11.0]];
    for lens in [[1, 5], [-1, 5], [1, -1]] {
        assert_eq!(run(&split_v(&lens), &[(&[2, 6], &counted(12))]).unwrap(), expected);
    }
}

#[test]
fn split_v_into_impossible_lengths_is_damage() {
    for lens in [&[1, 4][..], &[-1, -1], &[7, -1], &[-2, 8], &[i32::MAX, i32::MAX], &[6], &[]] {
        assert!(is_corrupt(&split_v(lens)), "{lens:?}");
    }
}

/// A slice of `[2, 3]`, with constant bounds or bounds from inputs.
pub(super) fn sliced(begins: &[i32], sizes: &[i32], to: &[i32]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 3]);
    let begins = fixture.int32(&[begins.len() as i32], begins);
    let sizes = fixture.int32(&[sizes.len() as i32], sizes);
    let output = fixture.computed(to);
    fixture.operator(BuiltinOperator::SLICE, &[input, begins, sizes], &[output], NONE);
    fixture.file(&[input], &[output])
}

#[test]
fn slices_reach_to_the_end() {
    for sizes in [[1, 2], [-1, -1], [1, -1]] {
        let file = sliced(&[1, 1], &sizes, &[1, 2]);
        assert_eq!(run(&file, &[(&[2, 3], &counted(6))]).unwrap(), [[4.0, 5.0]]);
    }
}

#[test]
fn slices_out_of_bounds_are_damage() {
    for (begins, sizes) in [
        (&[0, 1][..], &[2, 3][..]),
        (&[0, -1], &[2, 1]),
        (&[0, 4], &[2, -1]),
        (&[0, 0], &[2, -2]),
        (&[0], &[2]),
        (&[0, i32::MAX], &[2, i32::MAX]),
    ] {
        assert!(is_corrupt(&sliced(begins, sizes, &[2, 1])));
    }
}

#[test]
fn bounds_that_are_computed_are_named() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 3]);
    let begins = fixture.tensor(&[2], TensorType::INT32, None, None);
    let sizes = fixture.int32(&[2], &[1, 1]);
    let output = fixture.computed(&[1, 1]);
    fixture.operator(BuiltinOperator::SLICE, &[input, begins, sizes], &[output], NONE);
    let file = fixture.file(&[input, begins], &[output]);
    assert_unsupported(&file, "the operator SLICE with bounds that are not int32 constants");
}

pub(super) struct Strided {
    bounds: [Vec<i32>; 3],
    masks: StridedSliceOptionsArgs,
}

impl Strided {
    pub(super) fn new(begins: &[i32], ends: &[i32], strides: &[i32]) -> Strided {
        let bounds = [begins.to_vec(), ends.to_vec(), strides.to_vec()];
        Strided { bounds, masks: StridedSliceOptionsArgs::default() }
    }

    /// A slice of `[2, 3]`.
    pub(super) fn file(self) -> Vec<u8> {
        let mut fixture = Fixture::new();
        let input = fixture.computed(&[2, 3]);
        let mut inputs = vec![input];
        for bounds in &self.bounds {
            inputs.push(fixture.int32(&[bounds.len() as i32], bounds));
        }
        // A wrong hint.
        let output = fixture.computed(&[7]);
        let options = StridedSliceOptions::create(&mut fixture.builder, &self.masks);
        let options = (BuiltinOptions::StridedSliceOptions, Some(options.as_union_value()));
        fixture.operator(BuiltinOperator::STRIDED_SLICE, &inputs, &[output], options);
        fixture.file(&[input], &[output])
    }

    #[track_caller]
    fn gives(self, shape: &[i32], expected: &[f32]) {
        let file = self.file();
        assert_shape(&file, shape);
        assert_eq!(run(&file, &[(&[2, 3], &counted(6))]).unwrap(), [expected]);
    }
}

#[test]
fn strided_slices_follow_bounds_and_masks() {
    Strided::new(&[0, 1], &[2, 3], &[1, 1]).gives(&[2, 2], &[1.0, 2.0, 4.0, 5.0]);
    Strided::new(&[0, -2], &[2, -1], &[1, 1]).gives(&[2, 1], &[1.0, 4.0]);
    Strided::new(&[0, 0], &[9, 9], &[1, 2]).gives(&[2, 2], &[0.0, 2.0, 3.0, 5.0]);
    Strided::new(&[1], &[2], &[1]).gives(&[1, 3], &[3.0, 4.0, 5.0]);
    let mut masked = Strided::new(&[1, 1], &[1, 2], &[1, 1]);
    (masked.masks.begin_mask, masked.masks.end_mask) = (1, 3);
    masked.gives(&[2, 2], &[1.0, 2.0, 4.0, 5.0]);
}

#[test]
fn strided_slices_drop_axes() {
    let mut column = Strided::new(&[0, 1], &[0, 2], &[1, 1]);
    (column.masks.begin_mask, column.masks.end_mask, column.masks.shrink_axis_mask) = (1, 1, 2);
    column.gives(&[2], &[1.0, 4.0]);
    let mut element = Strided::new(&[-1, 2], &[0, 3], &[1, 1]);
    element.masks.shrink_axis_mask = 3;
    element.gives(&[], &[5.0]);
    let mut outside = Strided::new(&[2, 0], &[3, 3], &[1, 1]);
    outside.masks.shrink_axis_mask = 1;
    assert!(is_corrupt(&outside.file()));
}

#[test]
fn strided_slices_of_other_kinds_are_named() {
    let backwards = Strided::new(&[0, 2], &[2, 0], &[1, -1]).file();
    assert_unsupported(&backwards, "the operator STRIDED_SLICE with a stride below 1");
    let mut new_axis = Strided::new(&[0, 0], &[2, 3], &[1, 1]);
    new_axis.masks.new_axis_mask = 1;
    let expected = "the operator STRIDED_SLICE with an ellipsis or a new axis";
    assert_unsupported(&new_axis.file(), expected);
    let mut ellipsis = Strided::new(&[0, 0], &[2, 3], &[1, 1]);
    ellipsis.masks.ellipsis_mask = 1;
    assert_unsupported(&ellipsis.file(), expected);
    let bounds = Strided::new(&[0, 0, 0], &[1, 1, 1], &[1, 1, 1]).file();
    assert!(is_corrupt(&bounds));
}
