//! PACK → EXPAND_DIMS of each input, and CONCATENATION.

use tract_tflite::tflite::BuiltinOperator;

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::axis_of;
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let options = operator.kept().and_then(|kept| kept.builtin_options_as_pack_options());
    let axis = options.ok_or_else(|| corrupt("PACK has no options"))?.axis();
    let output = operator.output()?;
    let mut shape = graph.tensors[output].shape.clone();
    let axis = axis_of(axis, shape.len())
        .ok_or_else(|| corrupt(format!("PACK along axis {axis} of {}", shape.len())))?;
    shape[axis] = 1;
    let name = format!("{}.axis", graph.tensors[output].name);
    let axis_tensor = graph.add_int32(&name, &[axis as i32]);
    let mut operators = vec![];
    let mut expanded = vec![];
    for position in 0..operator.inputs.len() {
        let input = operator.input(position)?;
        let one = graph.add_like(output, "expanded", shape.clone());
        let operands = [input, axis_tensor];
        operators.push(Operator::new(
            BuiltinOperator::EXPAND_DIMS,
            &operands,
            one,
            Options::ExpandDims,
        ));
        expanded.push(one);
    }
    let options = Options::Concatenation { axis: axis as i32 };
    operators.push(Operator::new(BuiltinOperator::CONCATENATION, &expanded, output, options));
    Ok(operators)
}
