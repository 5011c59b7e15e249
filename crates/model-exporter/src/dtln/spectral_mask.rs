//! The first stage: from a block's magnitude spectrum to a mask for it.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::Axis;

use super::BINS;
use super::lstm::{self, GATES, Layer, UNITS};
use crate::network::{Network, Part};
use crate::weights::Weights;

pub(super) fn stage(weights: &Weights) -> TractResult<Part> {
    let mut network = Network::default();
    let magnitude = network.input("magnitude", &[1, BINS])?;
    let states = lstm::states(&mut network)?;
    let x = network.remove_axis("magnitude.flat", magnitude, 1)?;
    let layers = [layer(weights, "lstm_4", BINS)?, layer(weights, "lstm_5", UNITS)?];
    let x = lstm::two_layers(&mut network, layers, x, states)?;
    let matrix = weights.matrix("dense_2", 1, [UNITS, BINS])?;
    let bias = weights.vector("Add", 1, BINS)?;
    let x = network.dense("dense", x, matrix.view(), bias.view())?;
    let x = network.sigmoid("mask.flat", x)?;
    let mask = network.add_axis("mask", x, 1)?;
    network.output("mask", mask)?;
    network.finish()
}

/// An LSTM node has the gates in the order of [`Layer`] and two biases, which are always added.
fn layer(weights: &Weights, node: &str, inputs: usize) -> TractResult<Layer> {
    let input = weights.cube(node, 1, [1, GATES, inputs])?;
    let recurrent = weights.cube(node, 2, [1, GATES, UNITS])?;
    let biases = weights.matrix(node, 3, [1, 2 * GATES])?.into_shape_with_order((2, GATES))?;
    Ok(Layer {
        input: input.index_axis(Axis(0), 0).t().to_owned(),
        recurrent: recurrent.index_axis(Axis(0), 0).t().to_owned(),
        bias: biases.sum_axis(Axis(0)),
    })
}
