//! Two layers of long short-term memory, and their states in one tensor.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array1, Array2};

use crate::network::Network;

/// The number of units of a layer.
pub(super) const UNITS: usize = 128;
/// The number of columns of a layer's weights: one gate after the other.
pub(super) const GATES: usize = 4 * UNITS;

/// The tensor of the states: layer, unit, and hidden value or cell.
const STATES: &[usize] = &[2, UNITS, 2];

/// The weights of a layer, with gates in the order input, output, forget, candidate.
pub(super) struct Layer {
    /// [input, gate].
    pub(super) input: Array2<f32>,
    /// [unit, gate].
    pub(super) recurrent: Array2<f32>,
    pub(super) bias: Array1<f32>,
}

/// One step of both layers, from `x` [lane, input] to the second one's output [lane, unit].
///
/// `states` is the input from [`states`]; its next value becomes an output.
pub(super) fn two_layers(
    network: &mut Network,
    layers: [Layer; 2],
    x: OutletId,
    states: OutletId,
) -> TractResult<OutletId> {
    let mut x = x;
    let mut next = tvec!();
    for (index, layer) in layers.into_iter().enumerate() {
        let name = format!("lstm_{}", index + 1);
        let memory = memory(network, &name, states, index)?;
        let memory = step(network, &name, layer, x, memory)?;
        x = memory.hidden;
        next.push(stacked(network, &name, memory)?);
    }
    let next = network.concat("states.joined", 1, &next)?;
    network.next_state("states", next)?;
    Ok(x)
}

/// Adds the input that [`two_layers`] takes as its states.
pub(super) fn states(network: &mut Network) -> TractResult<OutletId> {
    network.state("states", STATES)
}

/// The state of a layer, each [lane, unit].
struct Memory {
    hidden: OutletId,
    cell: OutletId,
}

/// ```text
/// input, output, forget = sigmoid(x·W + hidden·R + b)
/// candidate             = tanh(x·W + hidden·R + b)
/// cell                  = forget · cell + input · candidate
/// hidden                = output · tanh(cell)
/// ```
fn step(
    network: &mut Network,
    name: &str,
    layer: Layer,
    x: OutletId,
    memory: Memory,
) -> TractResult<Memory> {
    let given =
        network.dense(&format!("{name}.input"), x, layer.input.view(), layer.bias.view())?;
    let recalled = network.matmul(&format!("{name}.recurrent"), memory.hidden, layer.recurrent)?;
    let sum = network.add(&format!("{name}.sum"), given, recalled)?;
    let gates = network.slice(&format!("{name}.gates.sum"), sum, 1, 0..3 * UNITS)?;
    let gates = network.sigmoid(&format!("{name}.gates"), gates)?;
    let candidate = network.slice(&format!("{name}.candidate.sum"), sum, 1, 3 * UNITS..GATES)?;
    let candidate = network.tanh(&format!("{name}.candidate"), candidate)?;
    let mut gate = |what, index| {
        network.slice(&format!("{name}.{what}"), gates, 1, index * UNITS..(index + 1) * UNITS)
    };
    let (input, output, forget) =
        (gate("input_gate", 0)?, gate("output_gate", 1)?, gate("forget_gate", 2)?);

    let kept = network.mul(&format!("{name}.kept"), forget, memory.cell)?;
    let new = network.mul(&format!("{name}.new"), input, candidate)?;
    let cell = network.add(&format!("{name}.cell"), kept, new)?;
    let bent = network.tanh(&format!("{name}.cell.tanh"), cell)?;
    let hidden = network.mul(&format!("{name}.hidden"), output, bent)?;
    Ok(Memory { hidden, cell })
}

/// The memory of layer `index`, sliced from the tensor of states.
fn memory(
    network: &mut Network,
    name: &str,
    states: OutletId,
    index: usize,
) -> TractResult<Memory> {
    let layer = network.slice(&format!("{name}.states.slice"), states, 1, index..index + 1)?;
    let layer = network.remove_axis(&format!("{name}.states"), layer, 1)?;
    let mut column = |what, index| {
        let slice = network.slice(&format!("{name}.{what}.slice"), layer, 2, index..index + 1)?;
        network.remove_axis(&format!("{name}.{what}"), slice, 2)
    };
    Ok(Memory { hidden: column("hidden.past", 0)?, cell: column("cell.past", 1)? })
}

/// A layer's memory as [lane, 1, unit, 2].
fn stacked(network: &mut Network, name: &str, memory: Memory) -> TractResult<OutletId> {
    let mut column = |what, values| network.add_axis(&format!("{name}.{what}.column"), values, 2);
    let columns = [column("hidden", memory.hidden)?, column("cell", memory.cell)?];
    let columns = network.concat(&format!("{name}.columns"), 2, &columns)?;
    network.add_axis(&format!("{name}.next"), columns, 1)
}
