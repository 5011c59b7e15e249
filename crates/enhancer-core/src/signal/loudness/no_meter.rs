//! Stands in for [`meter`](super::meter) in a build without the feature `loudness`: it measures
//! nothing.

use std::convert::Infallible;

use super::without_loudness;
use crate::audio::AudioFormat;
use crate::error::Result;

/// Would measure a loudness, but this build is without the feature `loudness`.
#[derive(Debug)]
pub struct LoudnessMeter {
    never: Infallible,
}

impl LoudnessMeter {
    /// Refuses any audio.
    ///
    /// # Errors
    /// `InvalidValue`.
    pub fn new(format: &AudioFormat) -> Result<LoudnessMeter> {
        let AudioFormat { sample_rate, channels, .. } = format;
        let actual = format!("{channels} channels at {sample_rate} Hz");
        Err(without_loudness("the audio to measure", actual))
    }

    /// Has nothing to measure.
    ///
    /// # Errors
    /// None.
    pub fn push(&mut self, _planes: &[Vec<f32>]) -> Result<()> {
        match self.never {}
    }

    /// Has measured nothing.
    pub fn integrated(&self) -> Option<f64> {
        match self.never {}
    }

    pub(super) fn peak(&self) -> f32 {
        match self.never {}
    }
}
