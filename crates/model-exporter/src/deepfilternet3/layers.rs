//! Layers over [lane, frequency, channel], and grouped linear layers over vectors.

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray::{Array1, Array3, Array4, Axis};
use tract_nnef::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_nnef::tract_core::ops::nn::DataFormat;

use crate::network::Network;
use crate::weights::Weights;

/// The number of channels of all convolutions.
pub(super) const CHANNELS: usize = 64;

/// How a depthwise convolution along frequency moves.
#[derive(Clone, Copy)]
pub(super) enum Stride {
    /// As many frequencies as before, zeros around them.
    One,
    /// Half as many frequencies, which must be even.
    Two,
}

/// A convolution of each channel with its own kernel, [channel, 1, 1, width].
struct Depthwise {
    kernel: Array4<f32>,
    bias: Array1<f32>,
    stride: usize,
    padding: PaddingSpec,
}

impl Depthwise {
    fn valid(kernel: Array4<f32>) -> Self {
        let bias = Array1::zeros(CHANNELS);
        Self { kernel, bias, stride: 1, padding: PaddingSpec::Valid }
    }

    fn wire(self, network: &mut Network, name: &str, x: OutletId) -> TractResult<OutletId> {
        let x = network.add_axis(&format!("{name}.image"), x, 1)?;
        let pool_spec = PoolSpec {
            data_format: DataFormat::NHWC,
            kernel_shape: tvec!(1, self.kernel.dim().3),
            padding: self.padding,
            dilations: None,
            strides: Some(tvec!(1, self.stride)),
            input_channels: CHANNELS,
            output_channels: CHANNELS,
        };
        let convolution =
            Conv { pool_spec, kernel_fmt: KernelFormat::OHWI, group: CHANNELS, q_params: None };
        let kernel = self.kernel.permuted_axes([1, 2, 3, 0]);
        let kernel = network.constant(&format!("{name}.kernel"), kernel, 4)?;
        let bias = network.constant(&format!("{name}.bias"), self.bias, 1)?;
        let y = network.wire(&format!("{name}.convolution"), convolution, &[x, kernel, bias])?;
        network.remove_axis(name, y, 1)
    }
}

/// A kernel of width 3 on each channel, a mix of channels, and a ReLU.
///
/// `nodes` are the two convolutions in the published file.
pub(super) fn separable(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    nodes: [&str; 2],
    x: OutletId,
    stride: Stride,
) -> TractResult<OutletId> {
    let mut depthwise = Depthwise::valid(weights.kernel(nodes[0], 1, [CHANNELS, 1, 1, 3])?);
    let inner = format!("{name}.depthwise");
    let x = match stride {
        Stride::One => {
            depthwise.padding = PaddingSpec::SameUpper;
            x
        }
        // The published padding is 1 on both sides. With an even number of frequencies, the upper
        // padding is never used. TFLite's own padding would be the upper one.
        Stride::Two => {
            depthwise.stride = 2;
            network.pad(&format!("{name}.pad"), x, 1, (1, 0), 0.0)?
        }
    };
    let x = depthwise.wire(network, &inner, x)?;
    mix_channels(network, weights, name, nodes[1], x)
}

/// As [`separable`], but the kernel is that of a transposed convolution of stride 2, which doubles
/// the number of frequencies.
///
/// Its even outputs are `w1·x[i]`, its odd ones `w2·x[i] + w0·x[i+1]`.
pub(super) fn separable_transposed(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    nodes: [&str; 2],
    x: OutletId,
) -> TractResult<OutletId> {
    let kernel = weights.kernel(nodes[0], 1, [CHANNELS, 1, 1, 3])?;
    let frequencies = network.shape(x)?[1];
    let even = kernel.select(Axis(3), &[1]);
    let odd = kernel.select(Axis(3), &[2, 0]);
    let even = Depthwise::valid(even).wire(network, &format!("{name}.even"), x)?;
    let next = network.pad(&format!("{name}.pad"), x, 1, (0, 1), 0.0)?;
    let odd = Depthwise::valid(odd).wire(network, &format!("{name}.odd"), next)?;
    let pairs = network.concat(&format!("{name}.pairs"), 2, &[even, odd])?;
    let x = network.reshape(&format!("{name}.interleaved"), pairs, &[2 * frequencies, CHANNELS])?;
    mix_channels(network, weights, name, nodes[1], x)
}

fn mix_channels(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    node: &str,
    x: OutletId,
) -> TractResult<OutletId> {
    let mix = mixing_matrix(weights, node, CHANNELS)?;
    let bias = weights.vector(node, 2, CHANNELS)?;
    let x = network.pointwise(&format!("{name}.pointwise"), x, mix.t(), bias.view())?;
    network.relu(name, x)
}

/// The weights [output, input] of a 1×1 convolution.
pub(super) fn mixing_matrix(
    weights: &Weights,
    node: &str,
    channels: usize,
) -> TractResult<tract_ndarray::Array2<f32>> {
    let kernel = weights.kernel(node, 1, [channels, channels, 1, 1])?;
    Ok(kernel.into_shape_with_order((channels, channels))?)
}

/// A scale and an offset for each channel, and a ReLU: how the encoder's outputs reach the decoder.
pub(super) fn skip_connection(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    node: &str,
    x: OutletId,
) -> TractResult<OutletId> {
    let mut scale = Depthwise::valid(weights.kernel(node, 1, [CHANNELS, 1, 1, 1])?);
    scale.bias = weights.vector(node, 2, CHANNELS)?;
    let x = scale.wire(network, &format!("{name}.scale"), x)?;
    network.relu(name, x)
}

/// A convolution of width 3 along frequency, down to one channel.
pub(super) fn to_one_channel(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    node: &str,
    x: OutletId,
) -> TractResult<OutletId> {
    let kernel = weights.kernel(node, 1, [1, CHANNELS, 1, 3])?.permuted_axes([1, 0, 2, 3]);
    let mut depthwise = Depthwise::valid(kernel);
    depthwise.padding = PaddingSpec::SameUpper;
    let x = depthwise.wire(network, &format!("{name}.depthwise"), x)?;
    let sum = tract_ndarray::Array2::ones((CHANNELS, 1));
    let bias = weights.vector(node, 2, 1)?;
    let x = network.pointwise(&format!("{name}.sum"), x, sum.view(), bias.view())?;
    network.remove_axis(name, x, 2)
}

/// A 3×3 convolution over a window [lane, frequency, frame and channel] of 3 frames, and a ReLU.
///
/// `kernel` is [output channel, input channel, frame, frequency].
pub(super) fn over_window(
    network: &mut Network,
    name: &str,
    window: OutletId,
    kernel: Array4<f32>,
    bias: Array1<f32>,
) -> TractResult<OutletId> {
    let frequencies = network.shape(window)?[1];
    let padded = network.pad(&format!("{name}.pad"), window, 1, (1, 1), 0.0)?;
    let neighbours = (0..3)
        .map(|k| network.slice(&format!("{name}.neighbour_{k}"), padded, 1, k..k + frequencies))
        .collect::<TractResult<Vec<_>>>()?;
    let patches = network.concat(&format!("{name}.patches"), 2, &neighbours)?;
    let rows = kernel.len() / CHANNELS;
    let matrix = kernel.permuted_axes([3, 2, 1, 0]).as_standard_layout().into_owned();
    let matrix = matrix.into_shape_with_order((rows, CHANNELS))?;
    let x = network.pointwise(&format!("{name}.product"), patches, matrix.view(), bias.view())?;
    network.relu(name, x)
}

/// The last 3 frames, oldest first, as channels: [lane, frequency, 3 · channels].
///
/// The state `name` holds the last 2; `frame` is [lane, frequency, channel].
pub(super) fn window(
    network: &mut Network,
    name: &'static str,
    past: OutletId,
    frame: OutletId,
) -> TractResult<OutletId> {
    let channels = network.shape(frame)?[2];
    let window = network.concat(&format!("{name}.window"), 2, &[past, frame])?;
    let last = network.slice(&format!("{name}.last"), window, 2, channels..3 * channels)?;
    network.next_state(name, last)?;
    Ok(window)
}

/// A linear layer in groups, on a vector: group `g` of the output depends only on group `g` of the
/// input. `shape` is [groups, inputs of a group, outputs of a group].
pub(super) fn grouped_linear(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    node: &str,
    x: OutletId,
    shape: [usize; 3],
) -> TractResult<OutletId> {
    let matrices: Array3<f32> = weights.cube(node, 1, shape)?;
    let [groups, inputs, outputs] = shape;
    let x = network.reshape(&format!("{name}.groups"), x, &[groups, 1, inputs])?;
    let x = network.matmul(&format!("{name}.products"), x, matrices)?;
    network.reshape(name, x, &[groups * outputs])
}

/// [`grouped_linear`] and a ReLU.
pub(super) fn grouped_linear_relu(
    network: &mut Network,
    weights: &Weights,
    name: &str,
    node: &str,
    x: OutletId,
    shape: [usize; 3],
) -> TractResult<OutletId> {
    let x = grouped_linear(network, weights, &format!("{name}.linear"), node, x, shape)?;
    network.relu(name, x)
}

/// The sum of products, in double precision: joining layers before they are written must not add
/// rounding.
pub(super) fn exact_sum(factors: impl Iterator<Item = (f32, f32)>) -> f32 {
    factors.map(|(a, b)| f64::from(a) * f64::from(b)).sum::<f64>() as f32
}
