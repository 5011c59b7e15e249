//! `model.json`: what a folder with a model tells of it.
//!
//! The fields are explained in `models/README.md`, which is the one
//! documentation. A description that parsed fits its front-end: nothing has to
//! be checked again but the files themselves.

mod check;
mod contract;
mod ports;
mod schema;

use std::fmt;

use serde::Deserialize;

use super::ModelInfo;
use crate::error::{Error, ErrorKind, Result};

/// What `model.json` says of a model: its name, its licence, the files it is made
/// of. With these, [`Model::from_folder`](crate::Model::from_folder) loads it.
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
    /// Of the front-end `spectral` alone.
    pub(super) spectral: Option<Spectral>,
    /// In the order in which a step runs them.
    pub(super) parts: Vec<PartDescription>,
}

/// What turns samples into a network's inputs, and its outputs into samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FrontEndKind {
    DeepFilterNet,
    /// Rates recordings, and enhances none.
    Dnsmos,
    Dtln,
    Spectral,
}

/// How the front-end `spectral` makes spectra and how the network takes them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spectral {
    pub(super) window_function: WindowFunction,
    /// Samples that are transformed: the window, filled up with zeros.
    pub(super) fft: usize,
    /// What the network's spectra are multiplied by, above the plain sum of the transform.
    pub(super) scale: f32,
    /// What the sizes of the network's bins are raised to.
    pub(super) compression: f32,
    pub(super) layout: Layout,
}

/// What a block is multiplied by before it is transformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WindowFunction {
    Hann,
    SqrtHann,
    Vorbis,
    Rectangular,
}

/// In which order a network takes the numbers of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Layout {
    /// Real and imaginary part of each bin side by side.
    Interleaved,
    /// All real parts, then all imaginary ones.
    Planar,
}

/// One of the networks.
#[derive(Clone, Debug)]
pub(super) struct PartDescription {
    pub(super) file: String,
    /// In lower-case hexadecimal digits.
    pub(super) sha256: String,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

/// An input or an output of a network, at its place in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Port {
    pub(super) role: Role,
    /// Of one lane: without the leading dimension of the file.
    pub(super) shape: Vec<usize>,
}

/// What an input or output is to the front-end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// Given or taken by it, under that name.
    Named(String),
    /// Carried from the output of one step to the input of that name in the next.
    State(String),
}

impl Port {
    /// How many values a lane has.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

impl ModelDescription {
    /// Reads a `model.json`.
    ///
    /// # Errors
    /// `InvalidDescription`, which names the place and what was expected there.
    pub fn parse(json: &[u8]) -> Result<ModelDescription> {
        check::checked(schema::Description::read(json)?)
    }

    /// The model's name, which is also its folder's: letters, digits, `-`, `_`
    /// and `.`, not first.
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

    /// The names of the `.tflite` files in the folder that the model is made of,
    /// each without any path, in the order in which
    /// [`Model::from_folder`](crate::Model::from_folder) takes their bytes.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.file.as_str())
    }

    /// What the model tells of itself.
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

/// The error for what stands at a place in `model.json`.
fn invalid(place: impl Into<String>, reason: impl Into<String>) -> Error {
    ErrorKind::InvalidDescription { place: place.into(), reason: reason.into() }.into()
}

#[cfg(test)]
mod tests;
