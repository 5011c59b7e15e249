//! Axes that are stacked, split, added, removed and summed over.

use tract_tflite::tflite::*;

use super::super::super::fixture::{Fixture, NONE, Written, run};
use super::{assert_shape, assert_unsupported, counted, is_corrupt};

fn pack_options(fixture: &mut Fixture, axis: i32, values_count: i32) -> Written {
    let args = PackOptionsArgs { values_count, axis };
    let options = PackOptions::create(&mut fixture.builder, &args);
    (BuiltinOptions::PackOptions, Some(options.as_union_value()))
}

fn unpack_options(fixture: &mut Fixture, axis: i32, num: i32) -> Written {
    let options = UnpackOptions::create(&mut fixture.builder, &UnpackOptionsArgs { num, axis });
    (BuiltinOptions::UnpackOptions, Some(options.as_union_value()))
}

#[test]
fn pack_stacks_along_any_axis() {
    for (axis, shape, expected) in [
        (0, [2, 1, 3], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (1, [1, 2, 3], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (-1, [1, 3, 2], [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
    ] {
        let mut fixture = Fixture::new();
        let inputs = [fixture.computed(&[1, 3]), fixture.computed(&[1, 3])];
        let output = fixture.computed(&shape);
        let options = pack_options(&mut fixture, axis, 2);
        fixture.operator(BuiltinOperator::PACK, &inputs, &[output], options);
        let file = fixture.file(&inputs, &[output]);
        let given = counted(6);
        let outputs = run(&file, &[(&[1, 3], &given[..3]), (&[1, 3], &given[3..])]).unwrap();
        assert_eq!(outputs, [expected], "along {axis}");
    }
}

#[test]
fn unpack_takes_apart_along_any_axis() {
    for axis in [1, -2] {
        let mut fixture = Fixture::new();
        let input = fixture.computed(&[2, 2, 3]);
        let outputs = [fixture.computed(&[2, 3]), fixture.computed(&[2, 3])];
        let options = unpack_options(&mut fixture, axis, 2);
        fixture.operator(BuiltinOperator::UNPACK, &[input], &outputs, options);
        let file = fixture.file(&[input], &outputs);
        let outputs = run(&file, &[(&[2, 2, 3], &counted(12))]).unwrap();
        let expected = [[0.0, 1.0, 2.0, 6.0, 7.0, 8.0], [3.0, 4.0, 5.0, 9.0, 10.0, 11.0]];
        assert_eq!(outputs, expected, "along {axis}");
    }
}

#[test]
fn unpack_into_the_wrong_number_is_damage() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 3]);
    let outputs = [fixture.computed(&[2]), fixture.computed(&[2])];
    let options = unpack_options(&mut fixture, 1, 2);
    fixture.operator(BuiltinOperator::UNPACK, &[input], &outputs, options);
    assert!(is_corrupt(&fixture.file(&[input], &outputs)));
}

/// `[2, 3]` reduced along axes.
pub(super) fn reduced(kind: BuiltinOperator, axes: &[i32], keep_dims: bool, to: &[i32]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 3]);
    let axes = fixture.int32(&[axes.len() as i32], axes);
    let output = fixture.computed(to);
    let args = ReducerOptionsArgs { keep_dims };
    let options = ReducerOptions::create(&mut fixture.builder, &args);
    let options = (BuiltinOptions::ReducerOptions, Some(options.as_union_value()));
    fixture.operator(kind, &[input, axes], &[output], options);
    fixture.file(&[input], &[output])
}

/// The runtime's own MEAN returns whole numbers.
#[test]
fn means_are_not_rounded() {
    let values = [0.5, 1.0, 0.0, 2.0, 2.5, -1.5];
    for (axes, keep, to, expected) in [
        (&[1][..], true, &[2, 1][..], vec![0.5, 1.0]),
        (&[-1], false, &[2], vec![0.5, 1.0]),
        (&[0], true, &[1, 3], vec![1.25, 1.75, -0.75]),
        (&[-1, 0, 1], false, &[], vec![0.75]),
    ] {
        let file = reduced(BuiltinOperator::MEAN, axes, keep, to);
        let found = run(&file, &[(&[2, 3], &values)]).unwrap();
        for (found, expected) in found[0].iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{axes:?}: {found} is not {expected}");
        }
        assert_eq!(found[0].len(), expected.len());
    }
}

#[test]
fn axes_are_counted_from_the_end_too() {
    for axis in [1, -1] {
        let file = reduced(BuiltinOperator::REDUCE_MAX, &[axis], false, &[2]);
        assert_eq!(run(&file, &[(&[2, 3], &counted(6))]).unwrap(), [[2.0, 5.0]]);
    }
    for axis in [2, -3] {
        let file = reduced(BuiltinOperator::SUM, &[axis], false, &[2]);
        assert!(is_corrupt(&file));
    }
}

#[test]
fn axes_are_added_from_the_end_too() {
    for (axis, expected) in [(2, [2, 3, 1]), (-1, [2, 3, 1]), (-2, [2, 1, 3]), (0, [1, 2, 3])] {
        let mut fixture = Fixture::new();
        let input = fixture.computed(&[2, 3]);
        let axis = fixture.int32(&[], &[axis]);
        let output = fixture.computed(&expected);
        fixture.operator(BuiltinOperator::EXPAND_DIMS, &[input, axis], &[output], NONE);
        let file = fixture.file(&[input], &[output]);
        assert_shape(&file, &expected);
    }
}

/// `[1, 2, 1, 3]` without some axes.
pub(super) fn squeezed(axes: &[i32], to: &[i32]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let (input, output) = (fixture.computed(&[1, 2, 1, 3]), fixture.computed(to));
    let squeeze_dims = Some(fixture.builder.create_vector(axes));
    let options =
        SqueezeOptions::create(&mut fixture.builder, &SqueezeOptionsArgs { squeeze_dims });
    let options = (BuiltinOptions::SqueezeOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::SQUEEZE, &[input], &[output], options);
    fixture.file(&[input], &[output])
}

#[test]
fn any_axes_of_length_1_are_removed() {
    for (axes, expected) in [
        (&[0][..], &[2, 1, 3][..]),
        (&[-2], &[1, 2, 3]),
        (&[0, 2], &[2, 3]),
        (&[-4, -2], &[2, 3]),
        (&[], &[2, 3]),
    ] {
        assert_shape(&squeezed(axes, expected), expected);
    }
    for axes in [&[1][..], &[4], &[0, 1]] {
        assert!(is_corrupt(&squeezed(axes, &[2, 3])));
    }
}

#[test]
fn a_reshape_to_a_computed_shape_is_named() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 3]);
    let shape = fixture.tensor(&[1], TensorType::INT32, None, None);
    let output = fixture.computed(&[6]);
    fixture.operator(BuiltinOperator::RESHAPE, &[input, shape], &[output], NONE);
    let file = fixture.file(&[input, shape], &[output]);
    assert_unsupported(&file, "the operator RESHAPE to a shape that is computed");
}
