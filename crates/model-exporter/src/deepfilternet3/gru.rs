//! Gated recurrent units.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::Axis;

use crate::network::Network;
use crate::weights::Weights;

/// The number of units of every layer, and also of inputs.
pub(super) const UNITS: usize = 256;

/// One step of a layer, from its input and its state `name` to its output, which is also the
/// state's next value:
///
/// ```text
/// update, reset = sigmoid(x·W + b + hidden·R + c)
/// candidate     = tanh(x·W + b + reset · (hidden·R + c))
/// next          = candidate + update · (hidden − candidate)
/// ```
///
/// In the published file `node` has its gates in the order update, reset, candidate.
pub(super) fn gru(
    network: &mut Network,
    weights: &Weights,
    name: &'static str,
    node: &str,
    x: OutletId,
    hidden: OutletId,
) -> TractResult<OutletId> {
    let given = project(network, weights, &format!("{name}.input"), (node, 0), x)?;
    let recalled = project(network, weights, &format!("{name}.recurrent"), (node, 1), hidden)?;

    let gates = network.add(&format!("{name}.gates.sum"), given.gates, recalled.gates)?;
    let gates = network.sigmoid(&format!("{name}.gates"), gates)?;
    let update = network.slice(&format!("{name}.update"), gates, 1, 0..UNITS)?;
    let reset = network.slice(&format!("{name}.reset"), gates, 1, UNITS..2 * UNITS)?;

    let kept = network.mul(&format!("{name}.kept"), reset, recalled.candidate)?;
    let candidate = network.add(&format!("{name}.candidate.sum"), given.candidate, kept)?;
    let candidate = network.tanh(&format!("{name}.candidate"), candidate)?;

    let change = network.sub(&format!("{name}.difference"), hidden, candidate)?;
    let change = network.mul(&format!("{name}.change"), update, change)?;
    let next = network.add(&format!("{name}.hidden"), candidate, change)?;
    network.next_state(name, next)?;
    Ok(next)
}

/// A layer's projection of its input or of its state.
struct Projection {
    /// For update and reset.
    gates: OutletId,
    candidate: OutletId,
}

/// A projection of `node`: `which` is 0 for the input and 1 for the state.
fn project(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    (node, which): (&str, usize),
    x: OutletId,
) -> TractResult<Projection> {
    let matrix = weights.cube(node, 1 + which, [1, 3 * UNITS, UNITS])?;
    let biases = weights.matrix(node, 3, [1, 6 * UNITS])?;
    let range = which * 3 * UNITS..(which + 1) * 3 * UNITS;
    let biases = biases.row(0);
    let bias = biases.slice_axis(Axis(0), range.into());
    let all = network.dense(name, x, matrix.index_axis(Axis(0), 0).t(), bias)?;
    Ok(Projection {
        gates: network.slice(&format!("{name}.gates"), all, 1, 0..2 * UNITS)?,
        candidate: network.slice(&format!("{name}.candidate"), all, 1, 2 * UNITS..3 * UNITS)?,
    })
}
