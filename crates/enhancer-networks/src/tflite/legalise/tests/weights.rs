//! Weights and biases.

use tract_tflite::internal::f16;
use tract_tflite::tflite::*;

use super::super::super::fixture::{Fixture, NONE, Written, run};
use super::{add, assert_shape, assert_unsupported, counted, is_corrupt};

/// The input plus a constant of `bytes`, converted with DEQUANTIZE.
fn dequantized(kind: TensorType, bytes: Option<&[u8]>) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 3]);
    let constant = fixture.tensor(&[1, 3], kind, bytes, None);
    let unfolded = fixture.computed(&[1, 3]);
    let output = fixture.computed(&[1, 3]);
    fixture.operator(BuiltinOperator::DEQUANTIZE, &[constant], &[unfolded], NONE);
    add(&mut fixture, input, unfolded, output);
    fixture.file(&[input], &[output])
}

#[test]
fn a_float16_constant_is_folded() {
    let values = [0.1, -65504.0, 6e-8].map(f16::from_f32);
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let file = dequantized(TensorType::FLOAT16, Some(&bytes));
    let outputs = run(&file, &[(&[1, 3], &[0.0; 3])]).unwrap();
    assert_eq!(outputs, [values.map(|value| value.to_f32())]);
}

#[test]
fn dequantize_of_anything_else_is_named() {
    let file = dequantized(TensorType::FLOAT16, None);
    assert_unsupported(&file, "the operator DEQUANTIZE of what is computed");
    let file = dequantized(TensorType::INT16, Some(&[0; 6]));
    assert_unsupported(&file, "the operator DEQUANTIZE of INT16");
    for len in [0, 5, 8] {
        let file = dequantized(TensorType::FLOAT16, Some(&vec![0; len]));
        assert!(is_corrupt(&file));
    }
    // Without a scale, int8 numbers have no meaning.
    let file = dequantized(TensorType::INT8, Some(&[0; 3]));
    assert!(is_corrupt(&file));
}

/// `[1, 3]` times int8 weights `[2, 3]`, plus a bias, with ReLU.
pub(super) fn hybrid(axis: i32, scales: &[f32], zero_points: &[i64]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 3]);
    let weights = fixture.int8(&[2, 3], &[1, -2, 3, 127, -128, 0], axis, scales, zero_points);
    let bias = fixture.float32(&[2], &[0.5, -1000.0]);
    let output = fixture.computed(&[1, 2]);
    let args = FullyConnectedOptionsArgs {
        fused_activation_function: ActivationFunctionType::RELU,
        asymmetric_quantize_inputs: true,
        ..Default::default()
    };
    let options = FullyConnectedOptions::create(&mut fixture.builder, &args);
    let options = (BuiltinOptions::FullyConnectedOptions, Some(options.as_union_value()));
    let inputs = [input, weights, bias];
    fixture.operator(BuiltinOperator::FULLY_CONNECTED, &inputs, &[output], options);
    fixture.file(&[input], &[output])
}

#[test]
fn hybrid_weights_become_float32() {
    let given = [(&[1, 3][..], &[1.0, 2.0, 4.0][..])];
    // 1 - 4 + 12 = 9 and 127 - 256 = -129.
    assert_eq!(run(&hybrid(0, &[0.5], &[0]), &given).unwrap(), [[5.0, 0.0]]);
    assert_eq!(run(&hybrid(0, &[0.5, -16.0], &[0, 0]), &given).unwrap(), [[5.0, 1064.0]]);
    // Subtracting one from each weight subtracts 7 from the sum.
    assert_eq!(run(&hybrid(0, &[0.5], &[1]), &given).unwrap(), [[1.5, 0.0]]);
    // A scale for each column: 1 - 8 + 48 = 41.
    let outputs = run(&hybrid(1, &[1.0, 2.0, 4.0], &[0, 0, 0]), &given).unwrap();
    assert_eq!(outputs, [[41.5, 0.0]]);
}

#[test]
fn scales_that_do_not_fit_are_damage() {
    for (axis, scales) in
        [(0, &[][..]), (0, &[1.0; 3]), (1, &[1.0; 2]), (2, &[1.0; 2]), (-1, &[1.0; 2])]
    {
        let file = hybrid(axis, scales, &vec![0; scales.len()]);
        assert!(is_corrupt(&file), "{axis} {scales:?}");
    }
}

/// FULLY_CONNECTED without a bias: omitted, or given as -1.
#[test]
fn a_layer_without_a_bias_has_one_of_zeros() {
    for left_out in [false, true] {
        let mut fixture = Fixture::new();
        let input = fixture.computed(&[1, 3]);
        let weights = fixture.float32(&[2, 3], &[1.0, 2.0, 3.0, -4.0, 5.0, 6.0]);
        let output = fixture.computed(&[1, 2]);
        let options = fully_connected_options(&mut fixture, false);
        let inputs = [input, weights, -1];
        let inputs = if left_out { &inputs[..2] } else { &inputs };
        fixture.operator(BuiltinOperator::FULLY_CONNECTED, inputs, &[output], options);
        let file = fixture.file(&[input], &[output]);
        let outputs = run(&file, &[(&[1, 3], &[1.0, 1.0, 0.5])]).unwrap();
        assert_eq!(outputs, [[4.5, 4.0]]);
    }
}

fn fully_connected_options(fixture: &mut Fixture, keep_num_dims: bool) -> Written {
    let args = FullyConnectedOptionsArgs { keep_num_dims, ..Default::default() };
    let options = FullyConnectedOptions::create(&mut fixture.builder, &args);
    (BuiltinOptions::FullyConnectedOptions, Some(options.as_union_value()))
}

#[test]
fn a_layer_takes_any_number_of_axes() {
    for (keep, shape) in [(true, &[2, 1, 2][..]), (false, &[2, 2])] {
        let mut fixture = Fixture::new();
        let input = fixture.computed(&[2, 1, 3]);
        let weights = fixture.float32(&[2, 3], &[1.0, 2.0, 3.0, 0.0, 0.0, 1.0]);
        let output = fixture.computed(shape);
        let options = fully_connected_options(&mut fixture, keep);
        fixture.operator(BuiltinOperator::FULLY_CONNECTED, &[input, weights], &[output], options);
        let file = fixture.file(&[input], &[output]);
        assert_shape(&file, shape);
        let outputs = run(&file, &[(&[2, 1, 3], &counted(6))]).unwrap();
        assert_eq!(outputs, [[8.0, 2.0, 26.0, 5.0]]);
    }
}

#[test]
fn a_layer_whose_weights_do_not_fit_is_damage() {
    for (shape, values) in [(&[2, 2][..], 4), (&[4], 4)] {
        let mut fixture = Fixture::new();
        let input = fixture.computed(&[1, 1, 3]);
        let weights = fixture.float32(shape, &vec![0.0; values]);
        let output = fixture.computed(&[1, 2]);
        let options = fully_connected_options(&mut fixture, false);
        fixture.operator(BuiltinOperator::FULLY_CONNECTED, &[input, weights], &[output], options);
        assert!(is_corrupt(&fixture.file(&[input], &[output])));
    }
}

#[test]
fn weights_of_other_numbers_are_named() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 3]);
    let weights = fixture.tensor(&[2, 3], TensorType::UINT8, Some(&[0; 6]), None);
    let output = fixture.computed(&[1, 2]);
    let options = fully_connected_options(&mut fixture, false);
    fixture.operator(BuiltinOperator::FULLY_CONNECTED, &[input, weights], &[output], options);
    let file = fixture.file(&[input], &[output]);
    assert_unsupported(&file, "the operator FULLY_CONNECTED with UINT8 weights");
}

/// A matrix `[2, 1, 2]` times constant int8 weights `[2, 2]`, which have one axis less.
#[test]
fn matrix_products_have_float32_weights_and_as_many_axes() {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[2, 1, 2]);
    let weights = fixture.int8(&[2, 2], &[1, 2, 3, 4], 0, &[0.5], &[0]);
    let output = fixture.computed(&[2, 1, 2]);
    let args = BatchMatMulOptionsArgs { asymmetric_quantize_inputs: true, ..Default::default() };
    let options = BatchMatMulOptions::create(&mut fixture.builder, &args);
    let options = (BuiltinOptions::BatchMatMulOptions, Some(options.as_union_value()));
    fixture.operator(BuiltinOperator::BATCH_MATMUL, &[input, weights], &[output], options);
    let file = fixture.file(&[input], &[output]);
    let outputs = run(&file, &[(&[2, 1, 2], &[1.0, 0.0, 1.0, 2.0])]).unwrap();
    assert_eq!(outputs, [[0.5, 1.0, 3.5, 5.0]]);
}

/// A 1×1 convolution of two channels, depthwise or not.
pub(super) fn convolution(kind: BuiltinOperator, kernel: &[i32]) -> Vec<u8> {
    let mut fixture = Fixture::new();
    let input = fixture.computed(&[1, 1, 1, 2]);
    let len: i32 = kernel.iter().product();
    let weights: Vec<i8> = (1..=len as i8).collect();
    let kernel = fixture.int8(kernel, &weights, 0, &[0.5], &[0]);
    let output = fixture.computed(&[1, 1, 1, 2]);
    let options = match kind {
        BuiltinOperator::CONV_2D => {
            let args = Conv2DOptionsArgs { stride_h: 1, stride_w: 1, ..Default::default() };
            let options = Conv2DOptions::create(&mut fixture.builder, &args);
            (BuiltinOptions::Conv2DOptions, Some(options.as_union_value()))
        }
        _ => {
            let args = DepthwiseConv2DOptionsArgs {
                stride_h: 1,
                stride_w: 1,
                depth_multiplier: 1,
                ..Default::default()
            };
            let options = DepthwiseConv2DOptions::create(&mut fixture.builder, &args);
            (BuiltinOptions::DepthwiseConv2DOptions, Some(options.as_union_value()))
        }
    };
    fixture.operator(kind, &[input, kernel, -1], &[output], options);
    fixture.file(&[input], &[output])
}

#[test]
fn convolutions_have_float32_weights_and_a_bias() {
    let given = [(&[1, 1, 1, 2][..], &[2.0, 4.0][..])];
    let file = convolution(BuiltinOperator::CONV_2D, &[2, 1, 1, 2]);
    assert_eq!(run(&file, &given).unwrap(), [[5.0, 11.0]]);
    let file = convolution(BuiltinOperator::DEPTHWISE_CONV_2D, &[1, 1, 1, 2]);
    assert_eq!(run(&file, &given).unwrap(), [[1.0, 4.0]]);
}

#[test]
fn convolutions_in_groups_are_named() {
    let file = convolution(BuiltinOperator::CONV_2D, &[2, 1, 1, 1]);
    assert_unsupported(&file, "the operator CONV_2D of 2 channels with a kernel for 1");
    let file = convolution(BuiltinOperator::DEPTHWISE_CONV_2D, &[1, 1, 1, 4]);
    assert_unsupported(&file, "the operator DEPTHWISE_CONV_2D of 2 channels with a kernel for 4");
}
