//! The ERB decoder: a gain for each band.

use tract_nnef::internal::*;

use super::States;
use super::encoder::Encoded;
use super::gru::gru;
use super::layers::{
    CHANNELS, Stride, grouped_linear_relu, separable, separable_transposed, skip_connection,
    to_one_channel,
};
use crate::network::Network;
use crate::weights::Weights;

/// The gains [lane, 32], from 0 to 1.
pub(super) fn erb_decoder(
    network: &mut Network,
    weights: &Weights,
    encoded: &Encoded,
    states: &States,
) -> TractResult<OutletId> {
    let [e0, e1, e2, e3] = encoded.erb;
    let x = recurrent(network, weights, encoded.embedding, states)?;

    let x = join(network, weights, "erb_decoder.conv3p", "/conv3p/0/Conv", e3, x)?;
    let nodes = ["/convt3/Conv", "/convt3/Conv_1"];
    let x = separable(network, weights, "erb_decoder.convt3", nodes, x, Stride::One)?;
    let x = join(network, weights, "erb_decoder.conv2p", "/conv2p/Conv", e2, x)?;
    let nodes = ["/convt2/0/ConvTranspose", "/convt2/1/Conv"];
    let x = separable_transposed(network, weights, "erb_decoder.convt2", nodes, x)?;
    let x = join(network, weights, "erb_decoder.conv1p", "/conv1p/Conv", e1, x)?;
    let nodes = ["/convt1/ConvTranspose", "/convt1/Conv"];
    let x = separable_transposed(network, weights, "erb_decoder.convt1", nodes, x)?;
    let x = join(network, weights, "erb_decoder.conv0p", "/conv0p/Conv", e0, x)?;
    let x = to_one_channel(network, weights, "erb_decoder.conv0_out", "/conv0_out/0/Conv", x)?;
    network.sigmoid("erb_decoder.gains", x)
}

/// The embedding through two recurrent layers, as [lane, 8, 64].
fn recurrent(
    network: &mut Network,
    weights: &Weights,
    embedding: OutletId,
    states: &States,
) -> TractResult<OutletId> {
    let node = "/emb_gru/linear_in/Einsum";
    let name = "erb_decoder.linear_in";
    let x = grouped_linear_relu(network, weights, name, node, embedding, [16, 32, 16])?;
    let [first, second] = states.erb_grus;
    let x = gru(network, weights, "erb_gru_1", "/emb_gru/GRU", x, first)?;
    let x = gru(network, weights, "erb_gru_2", "/emb_gru/GRU_1", x, second)?;
    let node = "/emb_gru/linear_out/Einsum";
    let name = "erb_decoder.linear_out";
    let x = grouped_linear_relu(network, weights, name, node, x, [16, 16, 32])?;
    network.reshape("erb_decoder.bands", x, &[8, CHANNELS])
}

/// Adds the encoder's output of the same width.
fn join(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    node: &str,
    encoded: OutletId,
    x: OutletId,
) -> TractResult<OutletId> {
    let skipped = skip_connection(network, weights, name, node, encoded)?;
    network.add(&format!("{name}.joined"), skipped, x)
}
