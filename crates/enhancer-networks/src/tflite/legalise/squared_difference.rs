//! SQUARED_DIFFERENCE → SUB, and MUL of the difference with itself.

use tract_tflite::tflite::{BuiltinOperator, TensorType};

use super::super::graph::{Graph, Operator, Options};
use super::unsupported;
use crate::error::Result;

pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let output = operator.output()?;
    let operands = [operator.input(0)?, operator.input(1)?];
    let squared = &graph.tensors[output];
    if squared.kind != TensorType::FLOAT32 {
        return Err(unsupported(graph, operator, "on numbers other than float32"));
    }
    let shape = squared.shape.clone();
    let difference = graph.add_like(output, "difference", shape);
    Ok(vec![
        Operator::new(BuiltinOperator::SUB, &operands, difference, Options::Sub),
        Operator::new(BuiltinOperator::MUL, &[difference, difference], output, Options::Mul),
    ])
}
