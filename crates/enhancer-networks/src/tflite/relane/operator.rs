//! Changes one operator from one lane to several.

use tract_tflite::tflite::BuiltinOperator as Kind;

use super::super::corrupt;
use super::super::graph::{Graph, Operator, Options};
use super::super::legalise::axis_of;
use super::unsupported;
use crate::error::Result;

/// The operator that computes for each of `lanes` what this one computes for its only lane.
pub(super) fn relane<'f>(
    graph: &mut Graph<'f>,
    laned: &[bool],
    operator: Operator<'f>,
    lanes: i32,
) -> Result<Operator<'f>> {
    let name = graph.tensors[operator.output()?].name.clone();
    let refused = format!(
        "the operator {} to {name:?}, which moves lanes or mixes them",
        graph.operator_name(&operator)
    );
    let relaned = match operator.kind {
        Kind::BROADCAST_TO => broadcast_to(graph, operator, lanes)?,
        Kind::RESHAPE => reshape(graph, operator, lanes)?,
        Kind::SLICE => slice(graph, operator, lanes)?,
        Kind::STRIDED_SLICE => strided_slice(graph, operator, lanes)?,
        Kind::EXPAND_DIMS | Kind::SQUEEZE | Kind::TRANSPOSE => axes(graph, laned, operator, lanes)?,
        _ => keeps_lanes(graph, laned, &operator)?.then_some(operator),
    };
    relaned.ok_or_else(|| unsupported(refused))
}

/// Whether an operator that does not state the number of lanes keeps them first and separate.
fn keeps_lanes(graph: &Graph, laned: &[bool], operator: &Operator) -> Result<bool> {
    Ok(match operator.kind {
        Kind::ABS
        | Kind::CEIL
        | Kind::COS
        | Kind::EXP
        | Kind::FLOOR
        | Kind::HARD_SWISH
        | Kind::LEAKY_RELU
        | Kind::LOG
        | Kind::LOGICAL_NOT
        | Kind::LOGISTIC
        | Kind::RELU
        | Kind::RELU6
        | Kind::RSQRT
        | Kind::SIN
        | Kind::SQRT
        | Kind::SQUARE
        | Kind::TANH => true,
        Kind::ADD
        | Kind::DIV
        | Kind::EQUAL
        | Kind::GREATER
        | Kind::GREATER_EQUAL
        | Kind::LESS
        | Kind::LESS_EQUAL
        | Kind::LOGICAL_AND
        | Kind::LOGICAL_OR
        | Kind::MAXIMUM
        | Kind::MINIMUM
        | Kind::MUL
        | Kind::NOT_EQUAL
        | Kind::SELECT
        | Kind::SELECT_V2
        | Kind::SUB => aligned(graph, laned, operator)?,
        Kind::BATCH_MATMUL => batch_matmul(graph, laned, operator)?,
        Kind::AVERAGE_POOL_2D
        | Kind::CONV_2D
        | Kind::DEPTHWISE_CONV_2D
        | Kind::FULLY_CONNECTED
        | Kind::MAX_POOL_2D
        | Kind::RESIZE_BILINEAR
        | Kind::RESIZE_NEAREST_NEIGHBOR => first_alone(laned, operator),
        Kind::CONCATENATION => concatenation(graph, laned, operator)?,
        Kind::MEAN | Kind::REDUCE_MAX | Kind::REDUCE_MIN | Kind::REDUCE_PROD | Kind::SUM => {
            let rank = rank(graph, operator.input(0)?);
            off_the_lane(graph.int32(operator.input(1)?), rank)
        }
        Kind::PAD | Kind::PADV2 => {
            first_alone(laned, operator)
                && leads_with(graph.int32(operator.input(1)?).as_deref(), &[0, 0])
        }
        Kind::SOFTMAX => rank(graph, operator.input(0)?) > 1,
        _ => false,
    })
}

fn rank(graph: &Graph, tensor: usize) -> usize {
    graph.tensors[tensor].shape.len()
}

fn leads_with(numbers: Option<&[i32]>, first: &[i32]) -> bool {
    numbers.is_some_and(|numbers| numbers.starts_with(first))
}

/// Whether axes are known and do not include that of the lanes.
fn off_the_lane(axes: Option<Vec<i32>>, rank: usize) -> bool {
    let of = |axis: &i32| axis_of(*axis, rank).is_some_and(|axis| axis > 0);
    axes.is_some_and(|axes| !axes.is_empty() && axes.iter().all(of))
}

/// Whether only the first input depends on lanes. The others are weights and sizes.
fn first_alone(laned: &[bool], operator: &Operator) -> bool {
    let others = operator.inputs.iter().skip(1).flatten();
    others.into_iter().all(|other| !laned[*other])
}

/// Whether the lanes of broadcast operands are at the same axis. Axes are matched from the last
/// one.
fn aligned(graph: &Graph, laned: &[bool], operator: &Operator) -> Result<bool> {
    let output = rank(graph, operator.output()?);
    Ok(operator.inputs.iter().flatten().all(|input| {
        let shape = &graph.tensors[*input].shape;
        match laned[*input] {
            true => shape.len() == output,
            false => shape.len() < output || (shape.len() == output && shape[0] == 1),
        }
    }))
}

/// A matrix product keeps lanes apart if they are batches of matrices, or rows of the left matrix
/// with constant weights on the right.
fn batch_matmul(graph: &Graph, laned: &[bool], operator: &Operator) -> Result<bool> {
    let [left, right] = [operator.input(0)?, operator.input(1)?];
    if rank(graph, operator.output()?) > 2 {
        return aligned(graph, laned, operator);
    }
    let transposed = match &operator.options {
        Options::BatchMatmul { adj_x, .. } => Some(*adj_x),
        Options::Kept(kept) => kept.builtin_options_as_batch_mat_mul_options().map(|o| o.adj_x()),
        _ => None,
    };
    Ok(laned[left] && !laned[right] && transposed == Some(false))
}

fn concatenation(graph: &Graph, laned: &[bool], operator: &Operator) -> Result<bool> {
    let axis = match &operator.options {
        Options::Concatenation { axis } => Some(*axis),
        Options::Kept(kept) => kept.builtin_options_as_concatenation_options().map(|o| o.axis()),
        _ => None,
    };
    let rank = rank(graph, operator.output()?);
    let all = operator.inputs.iter().flatten().all(|input| laned[*input]);
    Ok(all && off_the_lane(axis.map(|axis| vec![axis]), rank))
}

/// Adding, removing and moving axes keeps lanes apart if it only affects axes after that of the
/// lanes. If all of these have length 1, the elements of a lane stay in order, and a RESHAPE does
/// the same for several lanes.
fn axes<'f>(
    graph: &Graph<'f>,
    laned: &[bool],
    mut operator: Operator<'f>,
    lanes: i32,
) -> Result<Option<Operator<'f>>> {
    let (input, output) = (operator.input(0)?, operator.output()?);
    if !first_alone(laned, &operator) {
        return Ok(None);
    }
    let (behind, in_order) = match operator.kind {
        Kind::TRANSPOSE => {
            let Some(permutation) = graph.int32(operator.input(1)?) else {
                return Ok(None);
            };
            let shape = &graph.tensors[input].shape;
            let moved = permutation.iter().filter(|axis| long(shape, **axis));
            (leads_with(Some(&permutation), &[0]), moved.is_sorted())
        }
        Kind::SQUEEZE => (off_the_lane(squeezed(&operator), rank(graph, input)), true),
        _ => (off_the_lane(graph.int32(operator.input(1)?), rank(graph, output)), true),
    };
    if !behind {
        operator.kind = Kind::RESHAPE;
        operator.inputs.truncate(1);
        let shape = [&[lanes], &graph.tensors[output].shape[1..]].concat();
        operator.options = Options::Reshape { shape };
    }
    Ok((behind || in_order).then_some(operator))
}

/// Whether an axis exists and its length is not 1.
fn long(shape: &[i32], axis: i32) -> bool {
    usize::try_from(axis).ok().and_then(|axis| shape.get(axis)) != Some(&1)
}

fn squeezed(operator: &Operator) -> Option<Vec<i32>> {
    match &operator.options {
        Options::Squeeze { axis } => Some(vec![*axis]),
        Options::Kept(kept) => {
            Some(kept.builtin_options_as_squeeze_options()?.squeeze_dims()?.iter().collect())
        }
        _ => None,
    }
}

/// Reshapes to a shape that begins with the lanes. The runtime takes the shape from the second
/// input if there is one, else from the options. The new operator has it in the options.
fn reshape<'f>(
    graph: &Graph<'f>,
    mut operator: Operator<'f>,
    lanes: i32,
) -> Result<Option<Operator<'f>>> {
    let shape = match (operator.inputs.get(1).copied().flatten(), &operator.options) {
        (Some(shape), _) => graph.int32(shape),
        (None, Options::Reshape { shape }) => Some(shape.clone()),
        (None, Options::Kept(kept)) => kept
            .builtin_options_as_reshape_options()
            .and_then(|options| Some(options.new_shape()?.iter().collect())),
        (None, _) => None,
    };
    let mut shape = shape.ok_or_else(|| corrupt("RESHAPE has no shape"))?;
    if !matches!(shape.first(), Some(1 | -1)) {
        return Ok(None);
    }
    shape[0] = lanes;
    operator.inputs.truncate(1);
    operator.options = Options::Reshape { shape };
    Ok(Some(operator))
}

fn broadcast_to<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
    lanes: i32,
) -> Result<Option<Operator<'f>>> {
    let same_rank = rank(graph, operator.input(0)?) == rank(graph, operator.output()?);
    let Some(shape) = graph.int32(operator.input(1)?) else { return Ok(None) };
    if !same_rank || !shape.starts_with(&[1]) {
        return Ok(None);
    }
    operator.inputs[1] = Some(with_first(graph, "shape", shape, lanes));
    Ok(Some(operator))
}

fn slice<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
    lanes: i32,
) -> Result<Option<Operator<'f>>> {
    let begins = graph.int32(operator.input(1)?);
    let sizes = graph.int32(operator.input(2)?).filter(|sizes| sizes.starts_with(&[1]));
    let (true, Some(sizes)) = (leads_with(begins.as_deref(), &[0]), sizes) else {
        return Ok(None);
    };
    operator.inputs[2] = Some(with_first(graph, "sizes", sizes, lanes));
    Ok(Some(operator))
}

/// In its legal form, without masks.
fn strided_slice<'f>(
    graph: &mut Graph<'f>,
    mut operator: Operator<'f>,
    lanes: i32,
) -> Result<Option<Operator<'f>>> {
    let begins = graph.int32(operator.input(1)?);
    let ends = graph.int32(operator.input(2)?).filter(|ends| ends.starts_with(&[1]));
    let strides = graph.int32(operator.input(3)?);
    let whole = leads_with(begins.as_deref(), &[0]) && leads_with(strides.as_deref(), &[1]);
    let (true, Some(ends)) = (whole, ends) else { return Ok(None) };
    operator.inputs[2] = Some(with_first(graph, "ends", ends, lanes));
    Ok(Some(operator))
}

/// Creates a new constant, since other operators may use the old one for something else.
fn with_first(graph: &mut Graph, name: &str, mut numbers: Vec<i32>, first: i32) -> usize {
    numbers[0] = first;
    graph.add_int32(&format!("lanes.{name}"), &numbers)
}
