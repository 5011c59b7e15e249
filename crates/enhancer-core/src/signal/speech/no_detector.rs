//! Stands in for [`detector`](super::detector) in a build without the feature `loudness`: it
//! detects nothing.

use std::convert::Infallible;

use crate::error::Result;
use crate::signal::loudness::without_loudness;

/// What would detect, of which none exists.
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
