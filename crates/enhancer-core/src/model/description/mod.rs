//! `model.json`: the description in a model's folder.
//!
//! The only documentation of its fields is `models/README.md`. A description that was parsed fits
//! its front-end. Only the model's files remain to be checked.

mod check;
mod contract;
mod ports;
mod schema;

use std::fmt;

use serde::Deserialize;

use super::ModelInfo;
use crate::error::{Error, ErrorKind, Result};

/// The content of a `model.json`: the model's name, its licence and its files. With the bytes of
/// these files, [`Model::from_folder`](crate::Model::from_folder) loads it.
#[derive(Clone, Debug)]
pub struct ModelDescription {
    name: String,
    version: String,
    licence: String,
    pub(super) front_end: FrontEndKind,
    /// In Hz.
    sample_rate: u32,
    /// In samples.
    hop: usize,
    /// In samples.
    window: usize,
    /// In hops.
    lookahead: usize,
    /// Only for the front-end `spectral`.
    pub(super) spectral: Option<Spectral>,
    /// In the order in which a step runs them.
    pub(super) parts: Vec<PartDescription>,
}

/// Turns samples into a network's inputs, and its outputs into samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FrontEndKind {
    DeepFilterNet,
    /// Rates recordings. It does not enhance.
    Dnsmos,
    Dtln,
    Spectral,
}

/// How the front-end `spectral` computes spectra, and the form in which the network takes them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spectral {
    pub(super) window_function: WindowFunction,
    /// The length of the transform in samples. The window is padded to it with zeros.
    pub(super) fft: usize,
    /// The factor of the network's spectra, relative to the unscaled transform.
    pub(super) scale: f32,
    /// The exponent that is applied to the magnitudes of the network's bins.
    pub(super) compression: f32,
    pub(super) layout: Layout,
}

/// The window that a block is multiplied by before the transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WindowFunction {
    Hann,
    SqrtHann,
    Vorbis,
    Rectangular,
}

/// The order of the numbers of a spectrum in the network's input and output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Layout {
    /// The real and the imaginary part of each bin next to each other.
    Interleaved,
    /// All real parts, then all imaginary parts.
    Planar,
}

/// One network of the model.
#[derive(Clone, Debug)]
pub(super) struct PartDescription {
    pub(super) file: String,
    /// In lower-case hexadecimal digits.
    pub(super) sha256: String,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

/// An input or output of a network. Its index is its position in the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Port {
    pub(super) role: Role,
    /// The shape of one lane, without the leading dimension in the file.
    pub(super) shape: Vec<usize>,
}

/// The meaning of an input or output to the front-end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// Provided or used by the front-end, under this name.
    Named(String),
    /// Passed from the output of one step to the input of the same name in the next.
    State(String),
}

impl Port {
    /// The number of values in a lane.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

impl ModelDescription {
    /// Parses a `model.json`.
    ///
    /// # Errors
    /// `InvalidDescription`, which states the place and what was expected there.
    pub fn parse(json: &[u8]) -> Result<ModelDescription> {
        check::checked(schema::Description::read(json)?)
    }

    /// The model's name, which is also that of its folder: letters, digits, `-`, `_` and `.`. The
    /// first character is neither `-` nor `.`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of the folder's content, as major.minor.patch.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The licence of the weights, as an SPDX expression.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// The sample rate in Hz that the model works at.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// The names of the files with the model's networks in the folder, `.tflite` or `.network`, without
    /// a path, in the order in which [`Model::from_folder`](crate::Model::from_folder) takes their bytes.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.file.as_str())
    }

    /// The model's networks in compiled form, in the order of [`files`](Self::files): `files` are the
    /// bytes of these. Compiled networks load many times as fast, and without the feature `tflite`. They do
    /// not depend on the machine, but only this version of the core reads them.
    ///
    /// # Errors
    /// Those of [`Model::from_folder`](crate::Model::from_folder). `UnsupportedModel` if an operator has no
    /// kernel, or if a network is compiled already.
    #[cfg(feature = "tflite")]
    pub fn compile(&self, files: &[impl AsRef<[u8]>]) -> Result<Vec<Vec<u8>>> {
        super::folder::compile(self, files)
    }

    /// The properties that a [`Model`](crate::Model) reports.
    pub(super) fn info(&self) -> ModelInfo {
        let overlap = self.window - self.hop;
        ModelInfo {
            name: self.name.clone(),
            licence: Some(self.licence.clone()),
            sample_rate: Some(self.sample_rate),
            hop: self.hop,
            window: self.window,
            lookahead: self.lookahead,
            delay: self.lookahead * self.hop + overlap,
            memory: true,
            post_filter: self.front_end == FrontEndKind::DeepFilterNet,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Named(name) => write!(f, "the role {name:?}"),
            Role::State(name) => write!(f, "the state {name:?}"),
        }
    }
}

/// The error for a place in `model.json`.
fn invalid(place: impl Into<String>, reason: impl Into<String>) -> Error {
    ErrorKind::InvalidDescription { place: place.into(), reason: reason.into() }.into()
}

#[cfg(test)]
mod tests;
