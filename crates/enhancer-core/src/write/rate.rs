//! Samples at a rate that a format has.

use std::borrow::Cow;

use crate::audio::{AudioFormat, Planes, Resampler};
use crate::error::Result;

/// The sample rates up to 48 kHz that MP3 and AAC have, in Hz.
pub(super) const UP_TO_48_KHZ: [u32; 9] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// The lowest of these rates, in Hz and in ascending order, that holds all of a sample rate, or
/// the highest.
pub(super) fn lowest_that_holds(rates: &[u32], sample_rate: u32) -> u32 {
    let found = rates.iter().find(|rate| **rate >= sample_rate);
    found.or(rates.last()).copied().unwrap_or(sample_rate)
}

/// Converts samples to another rate, if it is another.
pub(super) struct Converter {
    /// `None` if the samples have the rate.
    resampler: Option<Resampler>,
    /// Samples of each channel that came in.
    received: u64,
}

impl Converter {
    pub(super) fn new(format: &AudioFormat, rate: u32) -> Result<Self> {
        let resampler = match format.sample_rate == rate {
            true => None,
            false => Some(Resampler::new(format.sample_rate, rate, format.channels.into())?),
        };
        Ok(Converter { resampler, received: 0 })
    }

    /// Samples of each channel that came in.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Samples of each channel that went out, once all did.
    pub(super) fn written(&self) -> u64 {
        self.resampler.as_ref().map_or(self.received, |to| to.output_len(self.received))
    }

    /// What is ready of these and earlier samples: `planes[channel]`.
    pub(super) fn push<'a>(&mut self, planes: &'a [Vec<f32>]) -> Result<Cow<'a, [Vec<f32>]>> {
        self.received += planes[0].len() as u64;
        match &mut self.resampler {
            Some(resampler) => resampler.push(planes).map(Cow::Owned),
            None => Ok(Cow::Borrowed(planes)),
        }
    }

    /// The rest, once all samples came in, if something was held back.
    pub(super) fn finish(&mut self) -> Result<Option<Planes>> {
        let written = self.written();
        self.resampler.as_mut().map(|resampler| resampler.finish(written)).transpose()
    }
}
