//! MEAN → SUM, and MUL by one over the number of elements, since the runtime rounds means to whole
//! numbers. SUM and similar operators → the same with axes counted from the start.

use tract_tflite::tflite::{BuiltinOperator, TensorType};

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::{axis_of, unsupported};
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let shape = graph.tensors[operator.input(0)?].shape.clone();
    let Some(given) = graph.int32(operator.input(1)?) else {
        return Err(unsupported(graph, &operator, "over axes that are computed"));
    };
    let wrong = || corrupt(format!("{:?} of {shape:?} over the axes {given:?}", operator.kind));
    let axes: Option<Vec<usize>> = given.iter().map(|axis| axis_of(*axis, shape.len())).collect();
    let mut axes = axes.ok_or_else(wrong)?;
    axes.sort_unstable();
    axes.dedup();
    if axes.iter().map(|axis| *axis as i32).ne(given.iter().copied()) {
        let axes: Vec<i32> = axes.iter().map(|axis| *axis as i32).collect();
        let name = format!("{}.axes", graph.tensors[operator.output()?].name);
        operator.inputs[1] = Some(graph.add_int32(&name, &axes));
    }
    if operator.kind != BuiltinOperator::MEAN {
        return Ok(vec![operator]);
    }
    let count: f64 = axes.iter().map(|axis| f64::from(shape[*axis])).product();
    mean(graph, operator, count)
}

fn mean<'f>(
    graph: &mut Graph<'f>,
    operator: Operator<'f>,
    count: f64,
) -> Result<Vec<Operator<'f>>> {
    let kept = operator.kept().and_then(|kept| kept.builtin_options_as_reducer_options());
    let keep_dims = kept.ok_or_else(|| corrupt("MEAN has no options"))?.keep_dims();
    let output = operator.output()?;
    if graph.tensors[output].kind != TensorType::FLOAT32 {
        return Err(unsupported(graph, &operator, "of numbers other than float32"));
    }
    let shape = graph.tensors[output].shape.clone();
    let sum = graph.add_like(output, "sum", shape);
    let factor = graph.add_float32("mean.factor", &[], &[(1.0 / count) as f32]);
    let operands = [operator.input(0)?, operator.input(1)?];
    Ok(vec![
        Operator::new(BuiltinOperator::SUM, &operands, sum, Options::Reduce { keep_dims }),
        Operator::new(BuiltinOperator::MUL, &[sum, factor], output, Options::Mul),
    ])
}
