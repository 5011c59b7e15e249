//! BATCH_MATMUL → the same with float32 weights that have as many axes as the other operand.

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::weights;
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
) -> Result<Operator<'f>> {
    let kept = operator.kept().and_then(|kept| kept.builtin_options_as_batch_mat_mul_options());
    let kept = kept.ok_or_else(|| corrupt("BATCH_MATMUL has no options"))?;
    if weights::make_float32(graph, &mut operator)? || kept.asymmetric_quantize_inputs() {
        operator.options = Options::BatchMatmul { adj_x: kept.adj_x(), adj_y: kept.adj_y() };
    }
    let (left, right) = (operator.input(0)?, operator.input(1)?);
    let missing = graph.tensors[left].shape.len().saturating_sub(graph.tensors[right].shape.len());
    if missing > 0 && graph.data(right).is_some() {
        let weights = graph.tensors[right].clone();
        let shape = [vec![1; missing], weights.shape].concat();
        let name = format!("{}.axes", weights.name);
        operator.inputs[1] = Some(graph.add_tensor(&name, shape, weights.kind, weights.data));
    }
    Ok(operator)
}
