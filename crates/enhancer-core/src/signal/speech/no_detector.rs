//! Stands in for [`detector`](super::detector) in a build without the feature `loudness`.

use std::convert::Infallible;

use crate::error::Result;
use crate::signal::loudness::without_loudness;

/// A detector that cannot be created.
pub(crate) struct Speech {
    never: Infallible,
}

impl Speech {
    /// # Errors
    /// `InvalidValue`.
    pub(crate) fn new() -> Result<Speech> {
        Err(without_loudness("the detection of speech", "requested"))
    }

    pub(crate) fn push(&mut self, _samples: &[f32], _each_frame: impl FnMut(bool)) {
        match self.never {}
    }
}
