//! Stands in for [`resample`](super::resample) in a build without the feature `resampling`.

use std::convert::Infallible;

use super::Planes;
use crate::error::{Error, Result};

/// A resampler that cannot be created.
pub(crate) struct Resampler {
    never: Infallible,
}

impl Resampler {
    /// # Errors
    /// `InvalidValue`.
    pub(crate) fn new(from: u32, to: u32, _channels: usize) -> Result<Resampler> {
        let expected = format!(
            "{to} Hz, since this program was compiled without the feature `resampling` of \
             enhancer-core"
        );
        Err(Error::invalid("the sample rate", expected, format!("{from} Hz")))
    }

    pub(crate) fn output_len(&self, _input: u64) -> u64 {
        match self.never {}
    }

    pub(crate) fn input_len(&self, _output: u64) -> u64 {
        match self.never {}
    }

    pub(crate) fn push(&mut self, _planes: &[impl AsRef<[f32]>]) -> Result<Planes> {
        match self.never {}
    }

    pub(crate) fn finish(&mut self, _len: u64) -> Result<Planes> {
        match self.never {}
    }
}
