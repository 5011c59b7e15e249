//! Stands in for [`meter`](super::meter) in a build without the feature `loudness`.

use std::convert::Infallible;

use super::without_loudness;
use crate::audio::AudioFormat;
use crate::error::Result;

/// A meter that cannot be created, because this build lacks the feature `loudness`.
#[derive(Debug)]
pub struct LoudnessMeter {
    never: Infallible,
}

impl LoudnessMeter {
    /// Returns an error for any audio.
    ///
    /// # Errors
    /// `InvalidValue`.
    pub fn new(format: &AudioFormat) -> Result<LoudnessMeter> {
        let AudioFormat { sample_rate, channels, .. } = format;
        let actual = format!("{channels} channels at {sample_rate} Hz");
        Err(without_loudness("the audio to measure", actual))
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// None.
    pub fn push(&mut self, _planes: &[Vec<f32>]) -> Result<()> {
        match self.never {}
    }

    /// Cannot be called.
    pub fn integrated(&self) -> Option<f64> {
        match self.never {}
    }

    pub(super) fn peak(&self) -> f32 {
        match self.never {}
    }
}
