//! Each kind of operator with several lanes: its result, or that it is refused.

mod networks;

use tract_tflite::tflite::*;

use super::super::fixture::{Fixture, NONE, Written, run, run_lanes};
use super::super::rewritten;
use crate::error::Error;

const LANES: usize = 3;

macro_rules! options {
    ($fixture:expr, $kind:ident, $args:expr) => {{
        let written = $kind::create(&mut $fixture.builder, &$args);
        (BuiltinOptions::$kind, Some(written.as_union_value()))
    }};
}

/// A graph with one operator on the computed tensor 0, which has the shape `from`.
struct One {
    fixture: Fixture<'static>,
    from: Vec<i32>,
    to: Vec<i32>,
}

impl One {
    fn new(from: &[i32], to: &[i32]) -> One {
        let mut fixture = Fixture::new();
        fixture.computed(from);
        One { fixture, from: from.into(), to: to.into() }
    }

    fn file(mut self, kind: BuiltinOperator, inputs: &[i32], options: Written) -> Vec<u8> {
        let output = self.fixture.computed(&self.to);
        self.fixture.operator(kind, inputs, &[output], options);
        self.fixture.file(&[0], &[output])
    }

    /// Runs three lanes at once and each of them alone, and compares the results.
    fn keeps(self, kind: BuiltinOperator, inputs: &[i32], options: Written) {
        let shape: Vec<usize> = self.from.iter().map(|dim| *dim as usize).collect();
        let file = self.file(kind, inputs, options);
        let len: usize = shape.iter().product();
        let given: Vec<f32> = (0..len * LANES).map(|n| (n as f32 - 4.0) / 8.0).collect();
        let alone: Vec<f32> = given
            .chunks_exact(len)
            .flat_map(|lane| run(&file, &[(&shape, lane)]).unwrap().remove(0))
            .collect();
        let shape = [&[LANES], &shape[1..]].concat();
        let together = run_lanes(&file, LANES, &[(&shape, &given)]).unwrap();
        assert_eq!(together, [alone], "{kind:?}");
    }

    fn refuses(self, kind: BuiltinOperator, inputs: &[i32], options: Written) {
        let file = self.file(kind, inputs, options);
        let expected = format!("the operator {} to", kind.variant_name().unwrap());
        let found = refusal(&file);
        assert!(found.starts_with(&expected), "{found}");
        assert!(found.ends_with("which moves lanes or mixes them"), "{found}");
    }
}

/// What is unsupported in a file that runs for a single lane.
fn refusal(file: &[u8]) -> String {
    rewritten(file, 1).unwrap();
    match rewritten(file, LANES).unwrap_err() {
        Error::Unsupported { found, .. } => found,
        kind => panic!("{kind:?}"),
    }
}

#[test]
fn operators_on_each_element() {
    for kind in [BuiltinOperator::TANH, BuiltinOperator::LOGISTIC, BuiltinOperator::RELU] {
        One::new(&[1, 2, 3], &[1, 2, 3]).keeps(kind, &[0], NONE);
    }
}

#[test]
fn operands_with_lanes_at_the_same_place() {
    for constant in [&[3][..], &[2, 3], &[1, 2, 3], &[1, 1, 1], &[]] {
        let mut one = One::new(&[1, 2, 3], &[1, 2, 3]);
        let values = [0.5, -1.0, 2.0, 0.25, 8.0, -4.0];
        let len: i32 = constant.iter().product();
        let constant = one.fixture.float32(constant, &values[..len as usize]);
        let options = options!(one.fixture, MulOptions, MulOptionsArgs::default());
        one.keeps(BuiltinOperator::MUL, &[0, constant], options);
    }
    let mut one = One::new(&[1, 4], &[1, 4]);
    let options = options!(one.fixture, SubOptions, SubOptionsArgs::default());
    one.keeps(BuiltinOperator::SUB, &[0, 0], options);
}

#[test]
fn operands_with_lanes_at_different_places() {
    let mut one = One::new(&[1, 4], &[1, 1, 4]);
    let constant = one.fixture.float32(&[1, 1, 4], &[0.0; 4]);
    let options = options!(one.fixture, AddOptions, AddOptionsArgs::default());
    one.refuses(BuiltinOperator::ADD, &[0, constant], options);
}

#[test]
fn matrix_products() {
    let weights = |one: &mut One, shape: &[i32]| {
        let len = shape.iter().product::<i32>();
        one.fixture.float32(shape, &(0..len).map(|n| n as f32 - 2.0).collect::<Vec<_>>())
    };
    for (from, shape, to) in [
        (&[1, 3][..], &[3, 2][..], &[1, 2][..]),
        (&[1, 4, 3], &[1, 3, 2], &[1, 4, 2]),
        (&[1, 2, 1, 3], &[1, 2, 3, 2], &[1, 2, 1, 2]),
    ] {
        let mut one = One::new(from, to);
        let weights = weights(&mut one, shape);
        let options = options!(one.fixture, BatchMatMulOptions, BatchMatMulOptionsArgs::default());
        one.keeps(BuiltinOperator::BATCH_MATMUL, &[0, weights], options);
    }
    // Lanes that are columns, or summed over.
    let mut one = One::new(&[1, 3], &[2, 3]);
    let left = weights(&mut one, &[2, 1]);
    let options = options!(one.fixture, BatchMatMulOptions, BatchMatMulOptionsArgs::default());
    let file = one.file(BuiltinOperator::BATCH_MATMUL, &[left, 0], options);
    assert_eq!(
        refusal(&file),
        "the tensor \"tensor 2\" of shape [2, 3], whose first dimension is not 1"
    );
    let mut one = One::new(&[1, 1], &[1, 2]);
    let right = weights(&mut one, &[1, 2]);
    let args = BatchMatMulOptionsArgs { adj_x: true, ..Default::default() };
    let options = options!(one.fixture, BatchMatMulOptions, args);
    one.refuses(BuiltinOperator::BATCH_MATMUL, &[0, right], options);
}

#[test]
fn fully_connected_layers() {
    let mut one = One::new(&[1, 3], &[1, 2]);
    let weights = one.fixture.float32(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let bias = one.fixture.float32(&[2], &[0.5, -0.5]);
    let options = options!(one.fixture, FullyConnectedOptions, Default::default());
    one.keeps(BuiltinOperator::FULLY_CONNECTED, &[0, weights, bias], options);

    let mut one = One::new(&[1, 3], &[1, 1]);
    let bias = one.fixture.float32(&[1], &[0.5]);
    let options = options!(one.fixture, FullyConnectedOptions, Default::default());
    one.refuses(BuiltinOperator::FULLY_CONNECTED, &[0, 0, bias], options);
}

#[test]
fn concatenation() {
    let joined = |axis, to: &[i32]| {
        let mut one = One::new(&[1, 2], to);
        let args = ConcatenationOptionsArgs { axis, ..Default::default() };
        let options = options!(one.fixture, ConcatenationOptions, args);
        (one, options)
    };
    for axis in [1, -1] {
        let (one, options) = joined(axis, &[1, 4]);
        one.keeps(BuiltinOperator::CONCATENATION, &[0, 0], options);
    }
    // A constant has no lanes to concatenate with those of the other operand.
    let (mut one, options) = joined(1, &[1, 4]);
    let constant = one.fixture.float32(&[1, 2], &[1.0, 2.0]);
    one.refuses(BuiltinOperator::CONCATENATION, &[0, constant], options);
    let (one, options) = joined(0, &[1, 4]);
    one.refuses(BuiltinOperator::CONCATENATION, &[0], options);
}

#[test]
fn axes_that_come_and_go() {
    for axis in [0, 1, -3, -2] {
        let mut one = One::new(&[1, 3], &[1, 1, 3]);
        let axis = one.fixture.int32(&[], &[axis]);
        one.keeps(BuiltinOperator::EXPAND_DIMS, &[0, axis], NONE);
    }
    for axis in [0, 1, -3, -2] {
        let mut one = One::new(&[1, 1, 3], &[1, 3]);
        let squeeze_dims = Some(one.fixture.builder.create_vector(&[axis]));
        let options = options!(one.fixture, SqueezeOptions, SqueezeOptionsArgs { squeeze_dims });
        one.keeps(BuiltinOperator::SQUEEZE, &[0], options);
    }
}

#[test]
fn transpositions() {
    for (from, permutation, to) in [
        ([1, 2, 3], [0, 2, 1], [1, 3, 2]),
        // A single time step and the lane change places.
        ([1, 1, 3], [1, 0, 2], [1, 1, 3]),
        ([1, 1, 3], [1, 2, 0], [1, 3, 1]),
    ] {
        let mut one = One::new(&from, &to);
        let permutation = one.fixture.int32(&[3], &permutation);
        one.keeps(BuiltinOperator::TRANSPOSE, &[0, permutation], NONE);
    }
    let mut one = One::new(&[1, 1, 2, 3], &[1, 1, 3, 2]);
    let permutation = one.fixture.int32(&[4], &[1, 0, 3, 2]);
    one.refuses(BuiltinOperator::TRANSPOSE, &[0, permutation], NONE);
}

#[test]
fn sums_over_other_axes() {
    for (axis, keep_dims, to) in [(1, true, &[1, 1][..]), (1, false, &[1])] {
        let mut one = One::new(&[1, 3], to);
        let axes = one.fixture.int32(&[1], &[axis]);
        let options = options!(one.fixture, ReducerOptions, ReducerOptionsArgs { keep_dims });
        one.keeps(BuiltinOperator::SUM, &[0, axes], options);
    }
    let mut one = One::new(&[1, 3], &[1, 3]);
    let axes = one.fixture.int32(&[1], &[0]);
    let options = options!(one.fixture, ReducerOptions, ReducerOptionsArgs { keep_dims: true });
    one.refuses(BuiltinOperator::SUM, &[0, axes], options);
}

#[test]
fn padding() {
    let mut one = One::new(&[1, 3], &[1, 6]);
    let pads = one.fixture.int32(&[2, 2], &[0, 0, 1, 2]);
    let value = one.fixture.float32(&[], &[9.0]);
    one.keeps(BuiltinOperator::PADV2, &[0, pads, value], NONE);

    let mut one = One::new(&[1, 3], &[1, 3]);
    let pads = one.fixture.int32(&[2, 2], &[1, 0, 0, 0]);
    one.refuses(BuiltinOperator::PAD, &[0, pads], NONE);
}

#[test]
fn softmax_within_a_lane() {
    let softmax = |shape: &[i32]| {
        let mut one = One::new(shape, shape);
        let options = options!(one.fixture, SoftmaxOptions, SoftmaxOptionsArgs { beta: 1.0 });
        (one, options)
    };
    let (one, options) = softmax(&[1, 3]);
    one.keeps(BuiltinOperator::SOFTMAX, &[0], options);
    let (one, options) = softmax(&[1]);
    one.refuses(BuiltinOperator::SOFTMAX, &[0], options);
}

#[test]
fn reshapes_by_options_and_by_a_second_input() {
    for shape in [[1, 2, 3], [-1, 2, 3], [1, -1, 3]] {
        let mut one = One::new(&[1, 6], &[1, 2, 3]);
        let new_shape = Some(one.fixture.builder.create_vector(&shape));
        let options = options!(one.fixture, ReshapeOptions, ReshapeOptionsArgs { new_shape });
        one.keeps(BuiltinOperator::RESHAPE, &[0], options);

        let mut one = One::new(&[1, 6], &[1, 2, 3]);
        let second = one.fixture.int32(&[3], &shape);
        // The second input takes precedence, if there is one.
        let new_shape = Some(one.fixture.builder.create_vector(&[7, 7]));
        let options = options!(one.fixture, ReshapeOptions, ReshapeOptionsArgs { new_shape });
        one.keeps(BuiltinOperator::RESHAPE, &[0, second], options);
    }
    let mut one = One::new(&[1, 6], &[1, 6]);
    let second = one.fixture.int32(&[2], &[6, 1]);
    one.refuses(BuiltinOperator::RESHAPE, &[0, second], NONE);
}

#[test]
fn broadcasts() {
    let mut one = One::new(&[1, 1, 3], &[1, 2, 3]);
    let shape = one.fixture.int32(&[3], &[1, 2, 3]);
    one.keeps(BuiltinOperator::BROADCAST_TO, &[0, shape], NONE);

    let mut one = One::new(&[1, 3], &[1, 1, 3]);
    let shape = one.fixture.int32(&[3], &[1, 1, 3]);
    one.refuses(BuiltinOperator::BROADCAST_TO, &[0, shape], NONE);
}

#[test]
fn slices() {
    let mut one = One::new(&[1, 4], &[1, 2]);
    let begins = one.fixture.int32(&[2], &[0, 1]);
    let sizes = one.fixture.int32(&[2], &[1, 2]);
    one.keeps(BuiltinOperator::SLICE, &[0, begins, sizes], NONE);

    let mut one = One::new(&[1, 4], &[1, 2]);
    let constants = [&[0, 1], &[1, 4], &[1, 2]].map(|values| one.fixture.int32(&[2], values));
    let options = options!(one.fixture, StridedSliceOptions, Default::default());
    let [begins, ends, strides] = constants;
    one.keeps(BuiltinOperator::STRIDED_SLICE, &[0, begins, ends, strides], options);
}

/// The constant [1, 2] is both the sizes of a slice and a factor.
#[test]
fn a_constant_that_others_use_stays_as_it_is() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 4]);
    let begins = fixture.int32(&[2], &[0, 1]);
    let sizes = fixture.int32(&[2], &[1, 2]);
    let sliced = fixture.computed(&[1, 2]);
    fixture.operator(BuiltinOperator::SLICE, &[input, begins, sizes], &[sliced], NONE);
    let again = fixture.computed(&[1, 2]);
    // If it were changed, [1, 2] would be out of range as the begins of a second slice.
    let reshaped = fixture.computed(&[1, 2, 2]);
    let shape = fixture.int32(&[3], &[1, 2, 2]);
    fixture.operator(BuiltinOperator::RESHAPE, &[input, shape], &[reshaped], NONE);
    let axes = fixture.computed(&[1, 1, 1]);
    let options = options!(fixture, ReducerOptions, ReducerOptionsArgs { keep_dims: true });
    fixture.operator(BuiltinOperator::SUM, &[reshaped, sizes], &[axes], options);
    let flat = fixture.int32(&[2], &[1, 1]);
    let sum = fixture.computed(&[1, 1]);
    fixture.operator(BuiltinOperator::RESHAPE, &[axes, flat], &[sum], NONE);
    let options = options!(fixture, AddOptions, AddOptionsArgs::default());
    fixture.operator(BuiltinOperator::ADD, &[sliced, sum], &[again], options);
    let file = fixture.file(&[input], &[again]);
    let given: Vec<f32> = (0..8).map(|n| n as f32).collect();
    let outputs = run_lanes(&file, 2, &[(&[2, 4], &given)]).unwrap();
    // 0+1+2+3 = 6 and 4+5+6+7 = 22.
    assert_eq!(outputs, [[7.0, 8.0, 27.0, 28.0]]);
}

#[test]
fn tensors_that_do_not_depend_on_the_inputs_have_no_lanes() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 2]);
    let weights = fixture.float32(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let permutation = fixture.int32(&[2], &[1, 0]);
    let turned = fixture.computed(&[3, 2]);
    fixture.operator(BuiltinOperator::TRANSPOSE, &[weights, permutation], &[turned], NONE);
    let output = fixture.computed(&[1, 3]);
    let args = BatchMatMulOptionsArgs { adj_y: true, ..Default::default() };
    let options = options!(fixture, BatchMatMulOptions, args);
    fixture.operator(BuiltinOperator::BATCH_MATMUL, &[input, turned], &[output], options);
    let file = fixture.file(&[input], &[output]);
    let outputs = run_lanes(&file, 2, &[(&[2, 2], &[1.0, 0.0, 0.0, 1.0])]).unwrap();
    assert_eq!(outputs, [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);

    let mut fixture = Fixture::new();
    let (input, constant) = (fixture.computed(&[1, 2]), fixture.float32(&[1, 2], &[1.0; 2]));
    let output = fixture.computed(&[1, 2]);
    fixture.operator(BuiltinOperator::TANH, &[constant], &[output], NONE);
    let file = fixture.file(&[input], &[output]);
    assert_eq!(refusal(&file), "the output \"tensor 2\", which does not depend on any input");
}

#[test]
fn a_tensor_that_does_not_lead_with_one_lane_is_named() {
    let file = One::new(&[2, 3], &[2, 3]).file(BuiltinOperator::TANH, &[0], NONE);
    assert_eq!(
        refusal(&file),
        "the tensor \"tensor 0\" of shape [2, 3], whose first dimension is not 1"
    );
    let file = One::new(&[], &[]).file(BuiltinOperator::TANH, &[0], NONE);
    assert!(refusal(&file).contains("of shape []"));
}

#[test]
fn a_number_of_lanes_that_no_file_holds_refuses() {
    let file = One::new(&[1, 3], &[1, 3]).file(BuiltinOperator::TANH, &[0], NONE);
    for lanes in [0, 1 << 31] {
        let expected = format!("{lanes} lanes");
        assert!(
            matches!(rewritten(&file, lanes), Err(Error::Unsupported { found, .. }) if found == expected)
        );
    }
}
