//! Converts samples to a rate that a format supports.

use std::borrow::Cow;

use crate::audio::{AudioFormat, Planes, Resampler};
use crate::error::Result;

/// The sample rates up to 48 kHz of MP3 and AAC, in Hz.
pub(super) const UP_TO_48_KHZ: [u32; 9] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// The lowest of these rates that holds the whole band of a sample rate, or the highest one.
/// `rates` are in Hz and in ascending order.
pub(super) fn lowest_that_holds(rates: &[u32], sample_rate: u32) -> u32 {
    let found = rates.iter().find(|rate| **rate >= sample_rate);
    found.or(rates.last()).copied().unwrap_or(sample_rate)
}

/// Converts samples to another rate, if it differs.
pub(super) struct Converter {
    /// `None` if the samples already have the rate.
    resampler: Option<Resampler>,
    /// Input samples per channel so far.
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

    /// Input samples per channel so far.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Output samples per channel after all input.
    pub(super) fn written(&self) -> u64 {
        self.resampler.as_ref().map_or(self.received, |to| to.output_len(self.received))
    }

    /// Takes the next samples and returns the output that is ready: `planes[channel]`.
    pub(super) fn push<'a>(&mut self, planes: &'a [Vec<f32>]) -> Result<Cow<'a, [Vec<f32>]>> {
        self.received += planes[0].len() as u64;
        match &mut self.resampler {
            Some(resampler) => resampler.push(planes).map(Cow::Owned),
            None => Ok(Cow::Borrowed(planes)),
        }
    }

    /// Ends the input and returns the rest of the output, if any.
    pub(super) fn finish(&mut self) -> Result<Option<Planes>> {
        let written = self.written();
        self.resampler.as_mut().map(|resampler| resampler.finish(written)).transpose()
    }
}
