//! Rewrites operators that the runtime does not support, or handles wrongly, into ones that it
//! handles correctly.

mod activation;
mod axes;
mod batch_matmul;
mod convolution;
mod dequantize;
mod fully_connected;
mod pack;
mod reduce;
mod slice;
mod split;
mod squared_difference;
mod unpack;
mod weights;

use std::mem;

use tract_tflite::tflite::BuiltinOperator;

use super::graph::{Graph, Operator, Options};
use crate::error::{Error, Result};

const SUPPORTED: &str = "the TFLite operators that the runtime supports, SPLIT, SPLIT_V, PACK, \
    UNPACK, SQUARED_DIFFERENCE, DEQUANTIZE of constants, and 8-bit weights with float32 \
    activations";

/// The operators that the runtime handles correctly. The ones that are rewritten are in
/// [`rewritten`].
const READ: &[BuiltinOperator] = &[
    BuiltinOperator::ABS,
    BuiltinOperator::ADD,
    BuiltinOperator::AVERAGE_POOL_2D,
    BuiltinOperator::BROADCAST_TO,
    BuiltinOperator::CEIL,
    BuiltinOperator::CONCATENATION,
    BuiltinOperator::COS,
    BuiltinOperator::DIV,
    BuiltinOperator::EQUAL,
    BuiltinOperator::EXP,
    BuiltinOperator::FLOOR,
    BuiltinOperator::GREATER,
    BuiltinOperator::GREATER_EQUAL,
    BuiltinOperator::HARD_SWISH,
    BuiltinOperator::LEAKY_RELU,
    BuiltinOperator::LESS,
    BuiltinOperator::LESS_EQUAL,
    BuiltinOperator::LOG,
    BuiltinOperator::LOGICAL_AND,
    BuiltinOperator::LOGICAL_NOT,
    BuiltinOperator::LOGICAL_OR,
    BuiltinOperator::LOGISTIC,
    BuiltinOperator::MAXIMUM,
    BuiltinOperator::MAX_POOL_2D,
    BuiltinOperator::MINIMUM,
    BuiltinOperator::MUL,
    BuiltinOperator::NOT_EQUAL,
    BuiltinOperator::PAD,
    BuiltinOperator::PADV2,
    BuiltinOperator::RELU,
    BuiltinOperator::RELU6,
    BuiltinOperator::RESIZE_BILINEAR,
    BuiltinOperator::RESIZE_NEAREST_NEIGHBOR,
    BuiltinOperator::RSQRT,
    BuiltinOperator::SELECT,
    BuiltinOperator::SELECT_V2,
    BuiltinOperator::SHAPE,
    BuiltinOperator::SIN,
    BuiltinOperator::SQRT,
    BuiltinOperator::SQUARE,
    BuiltinOperator::SUB,
    BuiltinOperator::TANH,
    BuiltinOperator::TRANSPOSE,
];

/// Rewrites a graph so that it computes the same, only with operators that the runtime handles
/// correctly. Returns whether that changed anything.
pub(super) fn legalise(graph: &mut Graph) -> Result<bool> {
    let sizes = |graph: &Graph| (graph.tensors.len(), graph.operators.len());
    let before = sizes(graph);
    for operator in mem::take(&mut graph.operators) {
        activation::check(graph, &operator)?;
        let operators = rewritten(graph, operator)?;
        graph.operators.extend(operators);
    }
    Ok(sizes(graph) != before || graph.operators.iter().any(|operator| operator.kept().is_none()))
}

/// The replacements of an operator; the operator itself, if it needs none.
fn rewritten<'f>(graph: &mut Graph<'f>, operator: Operator<'f>) -> Result<Vec<Operator<'f>>> {
    use BuiltinOperator as Kind;
    Ok(match operator.kind {
        Kind::BATCH_MATMUL => vec![batch_matmul::rewrite(graph, operator)?],
        Kind::CONV_2D | Kind::DEPTHWISE_CONV_2D => vec![convolution::rewrite(graph, operator)?],
        Kind::DEQUANTIZE => dequantize::rewrite(graph, &operator)?,
        Kind::EXPAND_DIMS => vec![axes::expand_dims(graph, operator)?],
        Kind::FULLY_CONNECTED => fully_connected::rewrite(graph, operator)?,
        Kind::MEAN | Kind::REDUCE_MAX | Kind::REDUCE_MIN | Kind::REDUCE_PROD | Kind::SUM => {
            reduce::rewrite(graph, operator)?
        }
        Kind::PACK => pack::rewrite(graph, &operator)?,
        Kind::RESHAPE => {
            let shape = operator.inputs.get(1).copied().flatten();
            if shape.is_some_and(|shape| graph.int32(shape).is_none()) {
                return Err(unsupported(graph, &operator, "to a shape that is computed"));
            }
            vec![operator]
        }
        Kind::SLICE => vec![slice::slice(graph, operator)?],
        Kind::SOFTMAX => {
            let kept = operator.kept().and_then(|kept| kept.builtin_options_as_softmax_options());
            if kept.is_some_and(|options| options.beta() != 1.0) {
                return Err(unsupported(graph, &operator, "with a beta other than 1"));
            }
            vec![operator]
        }
        Kind::SPLIT => split::rewrite(graph, &operator)?,
        Kind::SPLIT_V => split::rewrite_v(graph, &operator)?,
        Kind::SQUARED_DIFFERENCE => squared_difference::rewrite(graph, &operator)?,
        Kind::SQUEEZE => vec![axes::squeeze(graph, operator)?],
        Kind::STRIDED_SLICE => slice::strided_slice(graph, &operator)?,
        Kind::UNPACK => unpack::rewrite(graph, &operator)?,
        kind if READ.contains(&kind) => vec![operator],
        _ => return Err(unsupported(graph, &operator, "")),
    })
}

/// Gives a tensor the shape of another.
fn reshape<'f>(graph: &Graph, input: usize, output: usize) -> Operator<'f> {
    let shape = graph.tensors[output].shape.clone();
    Operator::new(BuiltinOperator::RESHAPE, &[input], output, Options::Reshape { shape })
}

/// The error for an operator that cannot be rewritten. `what` describes it.
fn unsupported(graph: &Graph, operator: &Operator, what: &str) -> Error {
    let found = format!("the operator {} {what}", graph.operator_name(operator));
    Error::Unsupported { found: found.trim_end().into(), supported: SUPPORTED }
}

/// The number of elements of a shape, if it can be represented.
fn elements(shape: &[i32]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, dim| product.checked_mul((*dim).try_into().ok()?))
}

/// The index of an axis that may be counted from the end.
pub(super) fn axis_of(axis: i32, rank: usize) -> Option<usize> {
    let axis = if axis < 0 { i64::from(axis) + rank as i64 } else { axis.into() };
    usize::try_from(axis).ok().filter(|axis| *axis < rank)
}

#[cfg(test)]
mod tests;
