//! The encoder. Both decoders use its outputs.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::Array4;

use super::gru::gru;
use super::layers::{
    CHANNELS, Stride, exact_sum, grouped_linear_relu, mixing_matrix, over_window, separable, window,
};
use super::{Features, States};
use crate::network::Network;
use crate::weights::Weights;

/// The outputs of the encoder.
pub(super) struct Encoded {
    /// From fine to coarse: [lane, 32, 64], [lane, 16, 64] and twice [lane, 8, 64].
    pub(super) erb: [OutletId; 4],
    /// [lane, 96, 64].
    pub(super) filter: OutletId,
    /// [lane, 512].
    pub(super) embedding: OutletId,
    /// Local signal-to-noise ratio in dB, [lane, 1].
    pub(super) lsnr: OutletId,
}

pub(super) fn encoder(
    network: &mut Network,
    weights: &Weights,
    features: &Features,
    states: &States,
) -> TractResult<Encoded> {
    let erb = erb_path(network, weights, features, states)?;
    let (filter, from_filter) = filter_path(network, weights, features, states)?;
    let from_erb = network.reshape("encoder.erb.flat", erb[3], &[512])?;
    let both = network.add("encoder.combined", from_erb, from_filter)?;

    let linear_in = "/emb_gru/linear_in/0/Einsum";
    let x =
        grouped_linear_relu(network, weights, "encoder.linear_in", linear_in, both, [16, 32, 16])?;
    let x = gru(network, weights, "encoder_gru", "/emb_gru/GRU", x, states.encoder_gru)?;
    let linear_out = "/emb_gru/linear_out/0/Einsum";
    let embedding =
        grouped_linear_relu(network, weights, "encoder.linear_out", linear_out, x, [16, 16, 32])?;
    let lsnr = lsnr(network, weights, embedding)?;
    Ok(Encoded { erb, filter, embedding, lsnr })
}

fn erb_path(
    network: &mut Network,
    weights: &Weights,
    features: &Features,
    states: &States,
) -> TractResult<[OutletId; 4]> {
    let frame = network.add_axis("encoder.erb.frame", features.erb, 2)?;
    let window = window(network, "erb_history", states.erb_history, frame)?;
    let node = "/erb_conv0/1/Conv";
    let kernel = weights.kernel(node, 1, [CHANNELS, 1, 3, 3])?;
    let bias = weights.vector(node, 2, CHANNELS)?;
    let e0 = over_window(network, "encoder.erb_conv0", window, kernel, bias)?;

    let mut convolve = |name, nodes, x, stride| separable(network, weights, name, nodes, x, stride);
    let nodes = ["/erb_conv1/0/Conv", "/erb_conv1/1/Conv"];
    let e1 = convolve("encoder.erb_conv1", nodes, e0, Stride::Two)?;
    let nodes = ["/erb_conv2/Conv", "/erb_conv2/Conv_1"];
    let e2 = convolve("encoder.erb_conv2", nodes, e1, Stride::Two)?;
    let nodes = ["/erb_conv3/0/Conv", "/erb_conv3/1/Conv"];
    let e3 = convolve("encoder.erb_conv3", nodes, e2, Stride::One)?;
    Ok([e0, e1, e2, e3])
}

/// The path of the complex features: c0 for the deep-filter decoder, and its part of the embedding.
fn filter_path(
    network: &mut Network,
    weights: &Weights,
    features: &Features,
    states: &States,
) -> TractResult<(OutletId, OutletId)> {
    let window = window(network, "complex_history", states.complex_history, features.complex)?;
    let kernel = df_conv0_kernel(weights)?;
    let bias = weights.vector("/df_conv0/2/Conv", 2, CHANNELS)?;
    let c0 = over_window(network, "encoder.df_conv0", window, kernel, bias)?;

    let nodes = ["/df_conv1/Conv", "/df_conv1/Conv_1"];
    let c1 = separable(network, weights, "encoder.df_conv1", nodes, c0, Stride::Two)?;
    let c1 = network.reshape("encoder.df.flat", c1, &[48 * CHANNELS])?;
    let node = "/df_fc_emb/0/Einsum";
    let share = grouped_linear_relu(network, weights, "encoder.df_fc_emb", node, c1, [32, 96, 16])?;
    Ok((c0, share))
}

/// One dense 3×3 kernel for the published two convolutions with nothing in between: 3×3 in two
/// groups, one for the real and one for the imaginary part, then 1×1.
fn df_conv0_kernel(weights: &Weights) -> TractResult<Array4<f32>> {
    const GROUP: usize = CHANNELS / 2;
    let grouped = weights.kernel("/df_conv0/1/Conv", 1, [CHANNELS, 1, 3, 3])?;
    let mix = mixing_matrix(weights, "/df_conv0/2/Conv", CHANNELS)?;
    Ok(Array4::from_shape_fn((CHANNELS, 2, 3, 3), |(output, part, frame, frequency)| {
        let group = part * GROUP..(part + 1) * GROUP;
        exact_sum(group.map(|m| (mix[[output, m]], grouped[[m, 0, frame, frequency]])))
    }))
}

fn lsnr(network: &mut Network, weights: &Weights, embedding: OutletId) -> TractResult<OutletId> {
    let matrix = weights.matrix("/lsnr_fc/0/MatMul", 1, [512, 1])?;
    let bias = weights.vector("/lsnr_fc/0/Add", 0, 1)?;
    let x = network.dense("encoder.lsnr.linear", embedding, matrix.view(), bias.view())?;
    let x = network.sigmoid("encoder.lsnr.sigmoid", x)?;
    let x = network.scale("encoder.lsnr.range", x, weights.scalar("/Mul", 1)?)?;
    network.offset("encoder.lsnr", x, weights.scalar("/Add", 1)?)
}
