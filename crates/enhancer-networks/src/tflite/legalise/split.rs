//! SPLIT and SPLIT_V → a SLICE for each output.

use tract_tflite::tflite::BuiltinOperator;

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::{axis_of, unsupported};
use crate::error::Result;

/// SPLIT. Its inputs are the axis and the tensor, which is split into equal parts.
pub(super) fn rewrite<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let input = operator.input(1)?;
    let axis = axis(graph, operator, operator.input(0)?, input)?;
    let len = graph.tensors[input].shape[axis];
    let parts = operator.outputs.len() as i32;
    if parts == 0 || len % parts != 0 {
        return Err(corrupt(format!("SPLIT of {len} into {parts} equal parts")));
    }
    slices(graph, operator, input, axis, &vec![len / parts; parts as usize])
}

/// SPLIT_V. Its inputs are the tensor, the lengths of the parts, and the axis.
pub(super) fn rewrite_v<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
) -> Result<Vec<Operator<'f>>> {
    let input = operator.input(0)?;
    let axis = axis(graph, operator, operator.input(2)?, input)?;
    let lens = graph.int32(operator.input(1)?);
    let lens =
        lens.ok_or_else(|| unsupported(graph, operator, "with lengths that are computed"))?;
    let len = graph.tensors[input].shape[axis];
    let lens = filled(&lens, len)
        .filter(|lens| lens.len() == operator.outputs.len())
        .ok_or_else(|| corrupt(format!("SPLIT_V of {len} into {lens:?}")))?;
    slices(graph, operator, input, axis, &lens)
}

fn axis(graph: &Graph, operator: &Operator, axis: usize, input: usize) -> Result<usize> {
    let Some(axis) = graph.int32(axis) else {
        return Err(unsupported(graph, operator, "along an axis that is computed"));
    };
    let rank = graph.tensors[input].shape.len();
    match axis[..] {
        [axis] => axis_of(axis, rank),
        _ => None,
    }
    .ok_or_else(|| corrupt(format!("{:?} along axis {axis:?} of {rank}", operator.kind)))
}

/// The lengths of parts that add up to `len`. One of them may be -1, which means the rest.
fn filled(lens: &[i32], len: i32) -> Option<Vec<i32>> {
    let open = lens.iter().filter(|part| **part == -1).count();
    let taken: i64 = lens.iter().filter(|part| **part != -1).map(|part| i64::from(*part)).sum();
    let rest = i64::from(len) - taken;
    let fits = lens.iter().all(|part| *part >= -1) && rest >= 0 && (open == 1 || rest == 0);
    let rest = i32::try_from(rest).ok()?;
    (fits && open <= 1)
        .then(|| lens.iter().map(|part| if *part == -1 { rest } else { *part }).collect())
}

fn slices<'f>(
    graph: &mut Graph<'f>,
    operator: &Operator<'f>,
    input: usize,
    axis: usize,
    lens: &[i32],
) -> Result<Vec<Operator<'f>>> {
    let mut begin = 0;
    let mut operators = vec![];
    for (output, len) in operator.outputs.iter().zip(lens) {
        // The shape in the file is a hint by the converter. The following code needs the right one.
        let mut shape = graph.tensors[input].shape.clone();
        shape[axis] = *len;
        graph.tensors[*output].shape = shape;
        operators.push(slice(graph, input, axis, begin, *output));
        begin += len;
    }
    Ok(operators)
}

/// The part of `input` that starts at `begin` along `axis` and has the shape of `output`.
pub(super) fn slice<'f>(
    graph: &mut Graph<'f>,
    input: usize,
    axis: usize,
    begin: i32,
    output: usize,
) -> Operator<'f> {
    let name = graph.tensors[output].name.clone();
    let sizes = graph.tensors[output].shape.clone();
    let mut begins = vec![0; sizes.len()];
    begins[axis] = begin;
    let begins = graph.add_int32(&format!("{name}.begins"), &begins);
    let sizes = graph.add_int32(&format!("{name}.sizes"), &sizes);
    Operator::new(BuiltinOperator::SLICE, &[input, begins, sizes], output, Options::Slice)
}
