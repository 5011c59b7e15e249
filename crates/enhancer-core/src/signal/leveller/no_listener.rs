//! Stands in for [`listener`](super::listener) in a build without the feature `loudness`.

use std::convert::Infallible;

use super::Curve;
use crate::audio::AudioFormat;
use crate::error::Result;
use crate::signal::NotLevelled;
use crate::signal::loudness::without_loudness;

/// A listener that cannot be created.
pub(crate) struct Listener {
    never: Infallible,
}

impl Listener {
    /// # Errors
    /// `InvalidValue`.
    pub(crate) fn new(_: &AudioFormat) -> Result<Listener> {
        Err(without_loudness("levelling", "requested"))
    }

    pub(crate) fn push(&mut self, _planes: &[Vec<f32>]) -> Result<()> {
        match self.never {}
    }

    pub(crate) fn finish(self) -> Result<std::result::Result<Curve, NotLevelled>> {
        match self.never {}
    }
}
