//! The second stage: from a block of samples to a block of samples, by a mask over a learned
//! transformation.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array2, Axis, Dimension, RemoveAxis};

use super::BLOCK;
use super::lstm::{self, GATES, Layer, UNITS};
use crate::network::{Network, Part};
use crate::weights::Weights;

/// Values of the learned transformation.
const FEATURES: usize = 256;

pub(super) fn stage(weights: &Weights) -> TractResult<Part> {
    let mut network = Network::default();
    let block = network.input("block", &[1, BLOCK])?;
    let states = lstm::states(&mut network)?;
    let x = network.remove_axis("block.flat", block, 1)?;
    let transformed = network.matmul(
        "transformation",
        x,
        transformation(weights, "conv1d_2", [FEATURES, BLOCK])?,
    )?;
    let x = instant_layer_normalisation(&mut network, weights, transformed)?;
    let layers = [layer(weights, "lstm_6", FEATURES)?, layer(weights, "lstm_7", UNITS)?];
    let x = lstm::two_layers(&mut network, layers, x, states)?;
    let mask = mask(&mut network, weights, x)?;
    let x = network.mul("masked", transformed, mask)?;
    let x = network.matmul(
        "enhanced.flat",
        x,
        transformation(weights, "conv1d_3", [BLOCK, FEATURES])?,
    )?;
    let enhanced = network.add_axis("enhanced", x, 1)?;
    network.output("block", enhanced)?;
    network.finish()
}

/// The matrix [input, output] of a convolution of width 1.
fn transformation(
    weights: &Weights,
    node: &str,
    [outputs, inputs]: [usize; 2],
) -> TractResult<Array2<f32>> {
    let kernel = weights.cube(node, 1, [outputs, inputs, 1])?;
    Ok(kernel.remove_axis(Axis(2)).reversed_axes())
}

/// Normalises the values of this block to mean 0 and variance 1, then applies a learned scale and
/// offset.
fn instant_layer_normalisation(
    network: &mut Network,
    weights: &Weights,
    x: OutletId,
) -> TractResult<OutletId> {
    let node = |name: &str| format!("model_2/instant_layer_normalization_1/{name}");
    let mean = network.mean("normalisation.mean", x, 1)?;
    let x = network.sub("normalisation.centred", x, mean)?;
    let squares = network.mul("normalisation.squares", x, x)?;
    let variance = network.mean("normalisation.variance", squares, 1)?;
    let epsilon = weights.scalar(&node("add"), 1)?;
    let variance = network.offset("normalisation.variance.positive", variance, epsilon)?;
    let deviation = network.sqrt("normalisation.deviation", variance)?;
    let x = network.div("normalisation.unit", x, deviation)?;
    let scale = weights.vector(&node("mul"), 1, FEATURES)?;
    let scale = network.constant("normalisation.scale", scale, 2)?;
    let x = network.mul("normalisation.scaled", x, scale)?;
    let offset = weights.vector(&node("add_1"), 1, FEATURES)?;
    let offset = network.constant("normalisation.offset", offset, 2)?;
    network.add("normalisation", x, offset)
}

fn mask(network: &mut Network, weights: &Weights, x: OutletId) -> TractResult<OutletId> {
    let matrix = weights.matrix("model_2/dense_3/Tensordot/MatMul_add", 1, [UNITS, FEATURES])?;
    let bias = weights.vector("model_2/dense_3/BiasAdd_add", 1, FEATURES)?;
    let x = network.dense("dense", x, matrix.view(), bias.view())?;
    network.sigmoid("mask", x)
}

fn layer(weights: &Weights, name: &str, inputs: usize) -> TractResult<Layer> {
    let node = |name_in_layer: &str| format!("model_2/{name}/{name_in_layer}");
    let input = weights.matrix(&node("MatMul_add"), 1, [inputs, GATES])?;
    let recurrent = weights.matrix(&node("MatMul_1_add"), 1, [UNITS, GATES])?;
    let bias = weights.vector(&node("BiasAdd_add"), 1, GATES)?;
    let [input, recurrent] = [input, recurrent].map(|m| reorder_gates(&m));
    Ok(Layer { input, recurrent, bias: reorder_gates(&bias) })
}

/// From the order input, forget, candidate, output to that of [`Layer`], on the last axis.
fn reorder_gates<D: Dimension + RemoveAxis>(
    published: &tract_ndarray::Array<f32, D>,
) -> tract_ndarray::Array<f32, D> {
    let columns: Vec<usize> =
        [0, 3, 1, 2].iter().flat_map(|gate| gate * UNITS..(gate + 1) * UNITS).collect();
    published.select(Axis(published.ndim() - 1), &columns)
}
