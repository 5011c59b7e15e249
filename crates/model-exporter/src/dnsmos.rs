//! DNSMOS P.835: the network that predicts how listeners rate speech and the noise behind it.
//!
//! C. K. A. Reddy, V. Gopal, R. Cutler: DNSMOS P.835: A Non-Intrusive Perceptual Objective Speech
//! Quality Metric to Evaluate Noise Suppressors, ICASSP 2022.
//!
//! The published network takes 9.01 s at once, as 900 frames. Its first four layers turn them into
//! 18 million numbers. Here these layers take a tile of the frames, so that a program needs little
//! memory. Every layer has zeros around its input. At the beginning and the end of a window this is
//! right. Elsewhere it makes one more frame at each edge wrong with each layer, and the program
//! that joins the tiles leaves these frames out. The other layers take the features of a whole
//! window.

use std::borrow::Cow;
use std::path::Path;

use tract_nnef::internal::*;
use tract_nnef::prelude::tract_ndarray;
use tract_nnef::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec};
use tract_nnef::tract_core::ops::math;
use tract_nnef::tract_core::ops::nn::{DataFormat, Reduce, Reducer};

use crate::ExportError;
use crate::contained::contained;
use crate::model_folder::{Card, ModelFolder, Origin, Precision};
use crate::network::{Network, Part};
use crate::weights::Weights;

/// The number of samples from frame to frame. A frame has two hops.
const HOP: usize = 160;
/// The number of frames in a tile.
const FRAMES: usize = 68;
/// The number of frequencies in a frame's spectrum.
const BINS: usize = 161;
/// The features of a window [time, frequency, channel].
const FEATURES: [usize; 3] = [450, 80, 32];
/// Lower powers are raised to this value, so that they have a logarithm.
const LEAST_POWER: f32 = 1e-12;

/// Makes the model's folder `destination` from the published file in `weights`:
/// `sig_bak_ovr.onnx`.
///
/// # Errors
///
/// The same as for [`deepfilternet3::export`](crate::deepfilternet3::export).
pub fn export(weights: &Path, destination: &Path, precision: Precision) -> Result<(), ExportError> {
    let published = Weights::read(&weights.join("sig_bak_ovr.onnx"))?;
    let first = contained(|| features(&published)).map_err(ExportError::weights_unusable)?;
    let second = contained(|| scores(&published)).map_err(ExportError::weights_unusable)?;
    let mut folder = ModelFolder::new(CARD, precision);
    folder.add_part("features", "dnsmos_features.tflite", &first)?;
    folder.add_part("scores", "dnsmos_scores.tflite", &second)?;
    folder.add_licences(weights, &["LICENSE"])?;
    folder.write(destination)
}

const CARD: Card = Card {
    name: Cow::Borrowed("dnsmos"),
    version: Cow::Borrowed("1.0.0"),
    front_end: Cow::Borrowed("dnsmos"),
    sample_rate: 16_000,
    hop: HOP,
    window: 2 * HOP,
    lookahead: 0,
    spectral: None,
    // The package and its files; the content of the project's repository.
    licence: Cow::Borrowed("MIT AND CC-BY-4.0"),
    origin: Origin {
        project: Cow::Borrowed("https://github.com/microsoft/DNS-Challenge"),
        registry: Cow::Borrowed("PyPI"),
        package: Cow::Borrowed("speechmos"),
        version: Cow::Borrowed("0.0.1.1"),
        file: Cow::Borrowed("speechmos-0.0.1.1-py3-none-any.whl"),
        sha256: Cow::Borrowed("31c4c9d3234f6ee10102edff74333014c50006a3f389daf7ecacae34e68ebbf7"),
    },
};

/// From the samples of a tile to its features.
fn features(weights: &Weights) -> TractResult<Part> {
    let mut network = Network::default();
    let samples = network.input("samples", &[FRAMES + 1, HOP])?;
    let x = log_powers(&mut network, weights, samples)?;
    let mut x = network.add_axis("image", x, 3)?;
    for (layer, [inputs, outputs]) in [
        ("conv2d", [1, 128]),
        ("conv2d_1", [128, 64]),
        ("conv2d_2", [64; 2]),
        ("conv2d_3", [64, 32]),
    ] {
        x = convolution(&mut network, weights, layer, x, [inputs, outputs])?;
    }
    let x = pool(&mut network, "pool_3", x)?;
    network.output("features", x)?;
    network.finish()
}

/// The decimal logarithms of the powers of each frame's spectrum. Windows and transform are trained
/// matrices, so a Fourier transform cannot replace them.
fn log_powers(
    network: &mut Network,
    weights: &Weights,
    samples: OutletId,
) -> TractResult<OutletId> {
    let first = network.slice("frames.first", samples, 1, 0..FRAMES)?;
    let second = network.slice("frames.second", samples, 1, 1..FRAMES + 1)?;
    let frames = network.concat("frames", 2, &[first, second])?;
    let mut squares = |node: &str| {
        let matrix = weights.cube(node, 1, [BINS, 2 * HOP, 1])?;
        let matrix = matrix.remove_axis(tract_ndarray::Axis(2)).reversed_axes();
        let x = network.matmul(node, frames, matrix)?;
        network.mul(&format!("{node}.square"), x, x)
    };
    let (real, imaginary) = (squares("stft-real")?, squares("stft-imag")?);
    let power = network.add("power", real, imaginary)?;
    let least = tract_ndarray::arr0(LEAST_POWER);
    let least = network.constant("power.least", least, 3)?;
    let power = network.wire("power.floor", math::max(), &[power, least])?;
    let x = network.wire("log", math::ln(), &[power])?;
    network.scale("log.decimal", x, std::f32::consts::LOG10_E)
}

/// From the features of a window to the ratings of the signal, the background and the whole. These
/// are the values before the polynomials that map them to the scale of listeners.
fn scores(weights: &Weights) -> TractResult<Part> {
    let mut network = Network::default();
    let x = network.input("features", &FEATURES)?;
    let x = convolution(&mut network, weights, "conv2d_4", x, [32; 2])?;
    let x = pool(&mut network, "pool_4", x)?;
    let x = convolution(&mut network, weights, "conv2d_5", x, [32; 2])?;
    let x = pool(&mut network, "pool_5", x)?;
    let x = convolution(&mut network, weights, "conv2d_6", x, [32, 64])?;
    let x = network.wire("max", Reduce::new(tvec!(1, 2), Reducer::Max), &[x])?;
    let mut x = network.reshape("max.flat", x, &[64])?;
    for (layer, [inputs, outputs]) in
        [("dense", [64, 128]), ("dense_1", [128, 64]), ("dense_3", [64, 3])]
    {
        let node = |part: &str| format!("mos_estimator_logpow/{layer}/{part}_add");
        let matrix = weights.matrix(&node("MatMul"), 1, [inputs, outputs])?;
        let bias = weights.vector(&node("BiasAdd"), 1, outputs)?;
        x = network.dense(layer, x, matrix.view(), bias.view())?;
        if layer != "dense_3" {
            x = network.relu(&format!("{layer}.relu"), x)?;
        }
    }
    network.output("scores", x)?;
    network.finish()
}

/// A convolution with 3 by 3 taps and zeros around its input, and a rectifier.
fn convolution(
    network: &mut Network,
    weights: &Weights,
    layer: &str,
    x: OutletId,
    [inputs, outputs]: [usize; 2],
) -> TractResult<OutletId> {
    let kernel = weights.kernel(layer, 1, [outputs, inputs, 3, 3])?;
    let kernel = kernel.permuted_axes([0, 2, 3, 1]);
    let kernel = network.constant(&format!("{layer}.kernel"), kernel, 4)?;
    let bias = weights.vector(layer, 2, outputs)?;
    let bias = network.constant(&format!("{layer}.bias"), bias, 1)?;
    let pool_spec = spec([3, 3], PaddingSpec::SameUpper, [1, 1], [inputs, outputs]);
    let op = Conv { pool_spec, kernel_fmt: KernelFormat::OHWI, group: 1, q_params: None };
    let x = network.wire(layer, op, &[x, kernel, bias])?;
    network.relu(&format!("{layer}.relu"), x)
}

/// The maximum of each block of two by two. An odd row or column at the end is left out.
fn pool(network: &mut Network, name: &str, x: OutletId) -> TractResult<OutletId> {
    let channels = network.shape(x)?[3];
    let pool_spec = spec([2, 2], PaddingSpec::Valid, [2, 2], [channels; 2]);
    network.wire(name, MaxPool { pool_spec, with_index_outputs: None }, &[x])
}

fn spec(
    taps: [usize; 2],
    padding: PaddingSpec,
    strides: [usize; 2],
    [inputs, outputs]: [usize; 2],
) -> PoolSpec {
    let (format, taps, strides) = (DataFormat::NHWC, taps[..].into(), Some(strides[..].into()));
    PoolSpec::new(format, taps, padding, None, strides, inputs, outputs)
}
