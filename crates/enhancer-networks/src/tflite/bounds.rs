//! Limits the size of graphs. A few bytes of a file can request any amount of memory, and the
//! runtime allocates it for constants and results without a limit.

use tract_tflite::internal::tract_core::ops::einsum::EinSum;
use tract_tflite::internal::*;
use tract_tflite::tflite::BuiltinOperator as Kind;

use super::graph::{Graph, Operator};
use crate::error::{Error, Result, check_limit};

/// The maximum number of elements in one tensor, and in all together, for one lane. Networks for
/// speech have a tenth of that, including all weights.
const MOST_IN_TENSOR: u64 = 1 << 24;
const MOST_IN_ALL: u64 = 1 << 26;

/// The maximum number of elements in the window of a pool.
const MOST_IN_WINDOW: u64 = 1 << 16;

const SUPPORTED: &str = "operators whose sizes are int32 constants";

/// Checks the tensors that a graph declares, and the results of operators that state their size.
///
/// # Errors
/// `LimitExceeded`, or `Unsupported` if a size is not a constant.
pub(super) fn check_declared(graph: &Graph) -> Result<()> {
    check_shapes(graph.tensors.iter().map(|tensor| elements(&tensor.shape)), 1)?;
    graph.operators.iter().try_for_each(|operator| check_operator(graph, operator))
}

/// Checks the shapes that the runtime has computed.
///
/// # Errors
/// `LimitExceeded`.
pub(super) fn check_read(graph: &TypedModel, lanes: usize) -> Result<()> {
    let facts = graph.nodes().iter().flat_map(|node| &node.outputs).map(|outlet| &outlet.fact);
    let volumes = facts.filter_map(|fact| fact.shape.as_concrete()).map(|shape| {
        shape.iter().fold(1u64, |product, dim| product.saturating_mul((*dim).max(1) as u64))
    });
    check_shapes(volumes, lanes as u64)
}

/// Checks that the operands of each product fit each other. The runtime notices it only when it
/// runs, and without its debug assertions not at all: it then reads beyond the shorter operand.
///
/// # Errors
/// `Corrupt`.
pub(super) fn check_products(graph: &TypedModel) -> Result<()> {
    for node in graph.nodes() {
        let Some(product) = node.op_as::<EinSum>() else { continue };
        let facts = graph.node_input_facts(node.id).unwrap_or_default();
        for axis in product.axes.iter_all_axes() {
            let along = facts.iter().zip(&axis.inputs);
            let dims = along.flat_map(|(fact, at)| at.iter().filter_map(|at| fact.shape.get(*at)));
            // Only summed axes must have their full length.
            let is_summed = axis.outputs.iter().all(|at| at.is_empty());
            let dims: Vec<_> = dims.filter(|dim| is_summed || **dim != 1.to_dim()).collect();
            if dims.windows(2).any(|pair| pair[0] != pair[1]) {
                let name = &node.name;
                let reason = format!("the sides of the product {name:?} do not fit: {dims:?}");
                return Err(Error::Corrupt { reason });
            }
        }
    }
    Ok(())
}

fn check_shapes(volumes: impl Iterator<Item = u64>, lanes: u64) -> Result<()> {
    let mut total = 0u64;
    for volume in volumes {
        within_tensor(volume, lanes)?;
        total = total.saturating_add(volume);
    }
    check_limit(
        "the elements of all tensors of the model",
        total,
        MOST_IN_ALL.saturating_mul(lanes),
    )
}

fn check_operator(graph: &Graph, operator: &Operator) -> Result<()> {
    match operator.kind {
        Kind::AVERAGE_POOL_2D | Kind::MAX_POOL_2D => {
            let options = operator.kept().and_then(|o| o.builtin_options_as_pool_2_doptions());
            let window = options.map_or([1, 1], |o| [o.filter_height(), o.filter_width()]);
            check_limit("the elements of a pool's window", elements(&window), MOST_IN_WINDOW)
        }
        Kind::BROADCAST_TO => within_tensor(elements(&sizes(graph, operator)?), 1),
        Kind::RESIZE_BILINEAR | Kind::RESIZE_NEAREST_NEIGHBOR => {
            let [batch, _, _, channels] = shape(graph, operator, 0)[..] else { return Ok(()) };
            let image = sizes(graph, operator)?;
            within_tensor(elements(&[&[batch, channels], &image[..]].concat()), 1)
        }
        Kind::TRANSPOSE => check_order(&sizes(graph, operator)?),
        Kind::PAD | Kind::PADV2 => {
            let (pads, padded) = (sizes(graph, operator)?, shape(graph, operator, 0));
            if let Some(pad) = pads.iter().find(|pad| **pad < 0) {
                let reason = format!("{} by {pad}", graph.operator_name(operator));
                return Err(Error::Corrupt { reason });
            }
            let dims = padded.iter().zip(pads.as_chunks::<2>().0);
            let dims = dims
                .map(|(dim, [before, after])| dim.saturating_add(*before).saturating_add(*after));
            within_tensor(elements(&dims.collect::<Vec<_>>()), 1)
        }
        _ => within_tensor(broadcast(graph, operator), 1),
    }
}

/// Checks that a transposition uses each axis once. Otherwise the runtime would search for a
/// sequence of swaps for ever.
fn check_order(axes: &[i32]) -> Result<()> {
    let is_order = (0..axes.len()).all(|axis| axes.contains(&(axis as i32)));
    if is_order {
        return Ok(());
    }
    let reason = format!("TRANSPOSE by {axes:?}, which is not a permutation of the axes");
    Err(Error::Corrupt { reason })
}

/// The second input of the operator, which states the size of its output.
fn sizes(graph: &Graph, operator: &Operator) -> Result<Vec<i32>> {
    graph.int32(operator.input(1)?).ok_or_else(|| {
        let found = format!("{} with sizes that are computed", graph.operator_name(operator));
        Error::Unsupported { found, supported: SUPPORTED }
    })
}

fn shape<'g>(graph: &'g Graph, operator: &Operator, input: usize) -> &'g [i32] {
    let tensor = operator.inputs.get(input).copied().flatten();
    tensor.map_or(&[], |tensor| &graph.tensors[tensor].shape)
}

/// The number of elements in the result of an elementwise operator: the maximum size along each
/// axis, counted from the last. 0 for other operators.
fn broadcast(graph: &Graph, operator: &Operator) -> u64 {
    let by_element = [
        Kind::ADD,
        Kind::DIV,
        Kind::EQUAL,
        Kind::GREATER,
        Kind::GREATER_EQUAL,
        Kind::LESS,
        Kind::LESS_EQUAL,
        Kind::LOGICAL_AND,
        Kind::LOGICAL_OR,
        Kind::MAXIMUM,
        Kind::MINIMUM,
        Kind::MUL,
        Kind::NOT_EQUAL,
        Kind::SELECT,
        Kind::SELECT_V2,
        Kind::SQUARED_DIFFERENCE,
        Kind::SUB,
    ];
    if !by_element.contains(&operator.kind) {
        return 0;
    }
    let shapes: Vec<&[i32]> =
        (0..operator.inputs.len()).map(|input| shape(graph, operator, input)).collect();
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let size = |axis: usize| {
        let dims = shapes.iter().filter_map(|shape| shape.iter().rev().nth(axis));
        dims.copied().max().unwrap_or(1)
    };
    elements(&(0..rank).map(size).collect::<Vec<_>>())
}

/// The number of elements of a shape. An empty axis counts as one, because an operator can reduce
/// it to one. Negative sizes are refused elsewhere.
fn elements(shape: &[i32]) -> u64 {
    shape.iter().fold(1u64, |product, dim| product.saturating_mul((*dim).max(1) as u64))
}

fn within_tensor(volume: u64, lanes: u64) -> Result<()> {
    check_limit(
        "the elements of a tensor of the model",
        volume,
        MOST_IN_TENSOR.saturating_mul(lanes),
    )
}

#[cfg(test)]
mod tests;
