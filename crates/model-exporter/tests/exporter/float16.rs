use model_exporter::ExportError;
use model_exporter::tflite::{encode, store_weights_as_float16};
use tract_nnef::internal::*;
use tract_nnef::tract_core::ops::{math, nn};
use tract_tflite::tflite::{BuiltinOperator, Model, TensorType, root_as_model};

/// The bytes of a file that multiplies its input by `factors`.
fn product(factors: &[f32]) -> Vec<u8> {
    let mut model = TypedModel::default();
    let input = model.add_source("input", f32::fact([factors.len()])).unwrap();
    let factors = model.add_const("factors", tensor1(factors)).unwrap();
    let product = model.wire_node("product", math::mul(), &[input, factors]).unwrap();
    model.select_output_outlets(&product).unwrap();
    encode(&model).unwrap()
}

fn operators(file: &Model) -> Vec<BuiltinOperator> {
    let codes = file.operator_codes().unwrap();
    let operators = file.subgraphs().unwrap().get(0).operators().unwrap();
    operators.iter().map(|o| codes.get(o.opcode_index() as usize).builtin_code()).collect()
}

#[test]
fn a_large_constant_becomes_float16_with_dequantize_behind_it() {
    let factors: Vec<f32> = (0..2048_u16).map(f32::from).collect();
    let bytes = product(&factors);
    let halved = store_weights_as_float16(&bytes).unwrap();
    assert!(halved.len() < bytes.len() * 6 / 10, "{} of {}", halved.len(), bytes.len());

    let file = root_as_model(&halved).unwrap();
    assert_eq!(operators(&file), [BuiltinOperator::DEQUANTIZE, BuiltinOperator::MUL]);
    let graph = file.subgraphs().unwrap().get(0);
    let tensors = graph.tensors().unwrap();
    let dequantize = graph.operators().unwrap().get(0);
    let stored = tensors.get(dequantize.inputs().unwrap().get(0) as usize);
    assert_eq!(stored.type_(), TensorType::FLOAT16);
    let data = file.buffers().unwrap().get(stored.buffer() as usize).data().unwrap();
    let read = data.bytes().as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32());
    assert!(read.eq(factors), "integers up to 2048 have an exact float16");
    let folded = tensors.get(dequantize.outputs().unwrap().get(0) as usize);
    assert_eq!((folded.type_(), folded.buffer()), (TensorType::FLOAT32, 0));
}

#[test]
fn a_small_constant_stays() {
    let halved = store_weights_as_float16(&product(&[1.5, 2.5])).unwrap();
    assert_eq!(operators(&root_as_model(&halved).unwrap()), [BuiltinOperator::MUL]);
}

fn refusal(bytes: &[u8]) -> String {
    match store_weights_as_float16(bytes) {
        Err(ExportError::WriterFailed { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_number_that_does_not_fit_float16_is_named() {
    let reason = refusal(&product(&[70_000.0; 2048]));
    assert!(reason.contains("70000") && reason.contains("too large"), "{reason}");
}

#[test]
fn operators_that_cannot_be_copied_are_named() {
    let mut model = TypedModel::default();
    let input = model.add_source("input", f32::fact([1, 4])).unwrap();
    let softmax = nn::Softmax { axes: tvec!(1), ..nn::Softmax::default() };
    let output = model.wire_node("softmax", softmax, &[input]).unwrap();
    model.select_output_outlets(&output).unwrap();
    let reason = refusal(&encode(&model).unwrap());
    assert!(reason.contains("SoftmaxOptions"), "{reason}");
    refusal(b"not a flatbuffer");
}
