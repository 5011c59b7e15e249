//! The deep-filter decoder: a complex filter over frames for each of the lower frequencies.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array1, Array2, Axis, concatenate};

use super::encoder::Encoded;
use super::gru::gru;
use super::layers::{CHANNELS, exact_sum, grouped_linear, grouped_linear_relu, mixing_matrix};
use super::{FILTER_BINS, FILTER_VALUES, States};
use crate::network::Network;
use crate::weights::Weights;

/// How many frames of c0 the convolution path uses.
const TAPS: usize = 5;

/// The coefficients [lane, 96, 10].
pub(super) fn df_decoder(
    network: &mut Network,
    weights: &Weights,
    encoded: &Encoded,
    states: &States,
) -> TractResult<OutletId> {
    let x = recurrent(network, weights, encoded.embedding, states)?;
    let node = "/df_out/df_out.0/Einsum";
    let x = grouped_linear(network, weights, "df_decoder.df_out.linear", node, x, [16, 16, 60])?;
    let x = network.tanh("df_decoder.df_out", x)?;
    let x = network.reshape("df_decoder.bins", x, &[FILTER_BINS, FILTER_VALUES])?;
    let direct = convolution_path(network, weights, encoded.filter, states)?;
    network.add("df_decoder.coefficients", x, direct)
}

/// The embedding through two recurrent layers, plus a path around them.
fn recurrent(
    network: &mut Network,
    weights: &Weights,
    embedding: OutletId,
    states: &States,
) -> TractResult<OutletId> {
    let node = "/df_gru/linear_in/linear_in.0/Einsum";
    let name = "df_decoder.linear_in";
    let x = grouped_linear_relu(network, weights, name, node, embedding, [8, 64, 32])?;
    let [first, second] = states.df_grus;
    let x = gru(network, weights, "df_gru_1", "/df_gru/gru/GRU", x, first)?;
    let x = gru(network, weights, "df_gru_2", "/df_gru/gru/GRU_1", x, second)?;
    let name = "df_decoder.df_skip";
    let skipped =
        grouped_linear(network, weights, name, "/df_skip/Einsum", embedding, [16, 32, 16])?;
    network.add("df_decoder.skipped", x, skipped)
}

/// A convolution over the last 5 frames of c0, and a ReLU.
///
/// Keeping c0 of 4 frames would take 6 times as much memory as keeping unfinished sums. Each step
/// adds the contribution of this frame to this output and the next 4, takes out the first sum,
/// which is complete, and passes on the others.
fn convolution_path(
    network: &mut Network,
    weights: &Weights,
    c0: OutletId,
    states: &States,
) -> TractResult<OutletId> {
    let name = "df_decoder.df_convp";
    let bias = weights.vector("/df_convp/df_convp.2/Conv", 2, FILTER_VALUES)?;
    let others = Array1::zeros((TAPS - 1) * FILTER_VALUES);
    let bias = concatenate(Axis(0), &[bias.view(), others.view()])?;
    let shares = network.pointwise(
        &format!("{name}.shares"),
        c0,
        convolution(weights)?.view(),
        bias.view(),
    )?;
    let past = states.df_convp_sums;
    let past = network.pad(&format!("{name}.past"), past, 2, (0, FILTER_VALUES), 0.0)?;
    let sums = network.add(&format!("{name}.sums"), past, shares)?;
    let whole = network.slice(&format!("{name}.whole"), sums, 2, 0..FILTER_VALUES)?;
    let unfinished = FILTER_VALUES..TAPS * FILTER_VALUES;
    let unfinished = network.slice(&format!("{name}.unfinished"), sums, 2, unfinished)?;
    network.next_state("df_convp_sums", unfinished)?;
    network.relu(name, whole)
}

/// The published two convolutions with nothing in between, 5×1 in two groups and then 1×1, as one
/// matrix [channel, frame and value]: the current frame's tap first.
fn convolution(weights: &Weights) -> TractResult<Array2<f32>> {
    const INPUTS: usize = CHANNELS / 2;
    const OUTPUTS: usize = FILTER_VALUES / 2;
    let node = "/df_convp/df_convp.1/Conv";
    let grouped = weights.kernel(node, 1, [FILTER_VALUES, INPUTS, TAPS, 1])?;
    let mix = mixing_matrix(weights, "/df_convp/df_convp.2/Conv", FILTER_VALUES)?;
    Ok(Array2::from_shape_fn((CHANNELS, TAPS * FILTER_VALUES), |(channel, column)| {
        let (age, output) = (column / FILTER_VALUES, column % FILTER_VALUES);
        let (group, input) = (channel / INPUTS, channel % INPUTS);
        let group = group * OUTPUTS..(group + 1) * OUTPUTS;
        // The last tap of the published kernel belongs to the current frame.
        exact_sum(group.map(|m| (mix[[output, m]], grouped[[m, input, TAPS - 1 - age, 0]])))
    }))
}
