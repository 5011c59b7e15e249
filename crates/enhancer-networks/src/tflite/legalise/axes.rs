//! EXPAND_DIMS and SQUEEZE → RESHAPE, except for a single axis counted from the start. The runtime
//! handles axes counted from the end wrongly, and also several axes, whose positions shift.

use super::super::corrupt;
use super::super::graph::{Graph, Operator};
use super::{axis_of, reshape, unsupported};
use crate::error::Result;

pub(super) fn expand_dims<'f>(
    graph: &mut Graph<'f>,
    operator: Operator<'f>,
) -> Result<Operator<'f>> {
    let (input, output) = (operator.input(0)?, operator.output()?);
    let Some(axis) = graph.int32(operator.input(1)?) else {
        return Err(unsupported(graph, &operator, "at an axis that is computed"));
    };
    let mut shape = graph.tensors[input].shape.clone();
    let position = match axis[..] {
        [axis] => axis_of(axis, shape.len() + 1),
        _ => None,
    };
    let position =
        position.ok_or_else(|| corrupt(format!("EXPAND_DIMS of {shape:?} at {axis:?}")))?;
    if axis[0] >= 0 {
        return Ok(operator);
    }
    shape.insert(position, 1);
    graph.tensors[output].shape = shape;
    Ok(reshape(graph, input, output))
}

pub(super) fn squeeze<'f>(graph: &mut Graph<'f>, operator: Operator<'f>) -> Result<Operator<'f>> {
    let (input, output) = (operator.input(0)?, operator.output()?);
    let options = operator.kept().and_then(|kept| kept.builtin_options_as_squeeze_options());
    let given = options.and_then(|options| options.squeeze_dims());
    let given: Vec<i32> = given.into_iter().flatten().collect();
    let shape = graph.tensors[input].shape.clone();
    let axes: Option<Vec<usize>> = given
        .iter()
        .map(|axis| axis_of(*axis, shape.len()).filter(|axis| shape[*axis] == 1))
        .collect();
    let axes = axes.ok_or_else(|| corrupt(format!("SQUEEZE of {shape:?} along {given:?}")))?;
    if let [axis] = given[..]
        && axis >= 0
    {
        return Ok(operator);
    }
    // Without axes, all axes of length 1 are removed.
    let goes = |axis: usize| match axes[..] {
        [] => shape[axis] == 1,
        _ => axes.contains(&axis),
    };
    let rest = (0..shape.len()).filter(|axis| !goes(*axis)).map(|axis| shape[axis]);
    graph.tensors[output].shape = rest.collect();
    Ok(reshape(graph, input, output))
}
