//! CONV_2D and DEPTHWISE_CONV_2D → the same with float32 weights and a bias.

use tract_tflite::tflite::BuiltinOperator;

use super::super::corrupt;
use super::super::graph::{Graph, Operator};
use super::{unsupported, weights};
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
) -> Result<Operator<'f>> {
    let shapes = [operator.input(0)?, operator.input(1)?];
    let [input, kernel] = shapes.map(|tensor| graph.tensors[tensor].shape.clone());
    let (&[.., channels], &[filters, _, _, depth]) = (&input[..], &kernel[..]) else {
        return Err(corrupt(format!(
            "{:?} of shape {input:?} with a kernel of shape {kernel:?}",
            operator.kind
        )));
    };
    // The runtime assumes this, and may compute something else.
    if channels != depth {
        let what = format!("of {channels} channels with a kernel for {depth}");
        return Err(unsupported(graph, &operator, &what));
    }
    let depthwise = operator.kind == BuiltinOperator::DEPTHWISE_CONV_2D;
    weights::make_float32(graph, &mut operator)?;
    weights::add_missing_bias(graph, &mut operator, if depthwise { depth } else { filters })?;
    Ok(operator)
}
