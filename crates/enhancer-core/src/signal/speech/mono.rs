//! Converts a recording to the networks' input: one channel at 16 kHz.

use super::SAMPLE_RATE;
use crate::audio::{Planes, Resampler};
use crate::error::Result;

/// Mixes all channels to their mean, at [`SAMPLE_RATE`].
pub(crate) struct Mono {
    resampler: Option<Resampler>,
    received: u64,
}

impl Mono {
    /// # Errors
    /// `InvalidValue` if this rate cannot be converted.
    pub(crate) fn new(sample_rate: u32) -> Result<Mono> {
        let resampler = (sample_rate != SAMPLE_RATE)
            .then(|| Resampler::new(sample_rate, SAMPLE_RATE, 1))
            .transpose()?;
        Ok(Mono { resampler, received: 0 })
    }

    /// Takes the next samples of at least one channel, and returns the output that is ready.
    pub(crate) fn push(&mut self, planes: &Planes) -> Result<Vec<f32>> {
        let len = planes[0].len();
        let share = 1.0 / planes.len() as f32;
        let mean = |at: usize| planes.iter().map(|plane| plane[at]).sum::<f32>() * share;
        let mono: Vec<f32> = (0..len).map(mean).collect();
        self.received += len as u64;
        match &mut self.resampler {
            Some(resampler) => only(resampler.push(&[mono])?),
            None => Ok(mono),
        }
    }

    /// Returns the rest.
    pub(crate) fn finish(&mut self) -> Result<Vec<f32>> {
        match &mut self.resampler {
            Some(resampler) => only(resampler.finish(resampler.output_len(self.received))?),
            None => Ok(vec![]),
        }
    }
}

fn only(planes: Planes) -> Result<Vec<f32>> {
    Ok(planes.into_iter().next().unwrap_or_default())
}
