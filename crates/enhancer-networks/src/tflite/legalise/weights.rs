//! int8 weights beside float32 activations → float32 weights.
//!
//! Other runtimes quantise the activations of such *hybrid* operators at run time and multiply
//! integers. Here the activations stay exact.

use tract_tflite::tflite::TensorType;

use super::super::graph::{Graph, Operator};
use super::{dequantize, unsupported};
use crate::error::Result;

/// The position of the weights among the inputs of operators that have weights.
const WEIGHTS: usize = 1;

/// Converts the weights of an operator on float32 activations to float32. Returns whether that was
/// necessary.
pub(super) fn make_float32<'f>(graph: &mut Graph<'f>, operator: &mut Operator<'f>) -> Result<bool> {
    let (input, weights) = (operator.input(0)?, operator.input(WEIGHTS)?);
    let kind = graph.tensors[weights].kind;
    if graph.tensors[input].kind != TensorType::FLOAT32 || kind == TensorType::FLOAT32 {
        return Ok(false);
    }
    if kind != TensorType::INT8 {
        return Err(unsupported(graph, operator, &format!("with {kind:?} weights")));
    }
    if graph.data(weights).is_none() {
        return Err(unsupported(graph, operator, "with 8-bit weights that are computed"));
    }
    let data = graph.float32(weights, |graph| dequantize::float32(graph, weights))?;
    let shape = graph.tensors[weights].shape.clone();
    let name = format!("{}.float32", graph.tensors[weights].name);
    operator.inputs[WEIGHTS] = Some(graph.add_tensor(&name, shape, TensorType::FLOAT32, data));
    Ok(true)
}

/// Adds a bias of zeros to an operator on float32 activations without one, because the runtime
/// requires it. Returns whether that was necessary.
pub(super) fn add_missing_bias<'f>(
    graph: &mut Graph<'f>,
    operator: &mut Operator<'f>,
    channels: i32,
) -> Result<bool> {
    let bias = operator.inputs.get(2).copied().flatten();
    if bias.is_some() || graph.tensors[operator.input(0)?].kind != TensorType::FLOAT32 {
        return Ok(false);
    }
    // A shape can declare any length. Existing weights are at most as long as the file.
    let weights = graph.data(operator.input(WEIGHTS)?).map_or(0, <[u8]>::len);
    let len = usize::try_from(channels).ok().filter(|len| *len <= weights);
    let Some(len) = len else {
        return Err(unsupported(graph, operator, "with neither a bias nor constant weights"));
    };
    let name = format!("{}.bias", graph.tensors[operator.output()?].name);
    let zeros = graph.add_float32(&name, &[channels], &vec![0.0; len]);
    operator.inputs.truncate(2);
    operator.inputs.push(Some(zeros));
    Ok(true)
}
