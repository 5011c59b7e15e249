//! UNPACK → SLICE and SQUEEZE for each output.

use tract_tflite::tflite::BuiltinOperator;

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::axis_of;
use super::split::slice;
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let options = operator.kept().and_then(|kept| kept.builtin_options_as_unpack_options());
    let axis = options.ok_or_else(|| corrupt("UNPACK has no options"))?.axis();
    let input = operator.input(0)?;
    let mut shape = graph.tensors[input].shape.clone();
    let axis = axis_of(axis, shape.len())
        .filter(|axis| shape[*axis] as usize == operator.outputs.len())
        .ok_or_else(|| {
            corrupt(format!("UNPACK of {shape:?} along axis {axis} to {}", operator.outputs.len()))
        })?;
    shape[axis] = 1;
    let mut operators = vec![];
    for (position, output) in operator.outputs.iter().enumerate() {
        let part = graph.add_like(*output, "part", shape.clone());
        operators.push(slice(graph, input, axis, position as i32, part));
        let options = Options::Squeeze { axis: axis as i32 };
        operators.push(Operator::new(BuiltinOperator::SQUEEZE, &[part], *output, options));
    }
    Ok(operators)
}
