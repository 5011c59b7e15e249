//! Bounds on what is accepted, checked once at the door.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The highest sample rate that is accepted by default and that is converted, in
/// Hz.
pub(crate) const MAX_SAMPLE_RATE: u32 = 768_000;

/// The most that is accepted from a source of audio. Each bound that is passed
/// is an error that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Channels. Memory grows with them. Default: 64.
    pub channels: u16,
    /// Samples per second in a channel. Default: 768 000.
    pub sample_rate: u32,
    /// Seconds that the audio plays. A small file can hold days of silence.
    /// Default: a day.
    pub duration_seconds: u64,
    /// How many times the bytes that are there a file of plain samples may declare:
    /// one that was cut off declares more than it has, one that declares a hundred
    /// times as much lies. Default: 100.
    pub declared_ratio: u32,
    /// Bytes that a decoder may read into memory at a time: the head of a file with
    /// its tables and pictures, or one packet. What it has decoded and not handed out,
    /// as 32-bit floats, is bounded by as much. Default: 64 MiB.
    pub decoder_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            channels: 64,
            sample_rate: MAX_SAMPLE_RATE,
            duration_seconds: 24 * 60 * 60,
            declared_ratio: 100,
            decoder_memory: 64 << 20,
        }
    }
}

impl Limits {
    /// Checks the format of a source.
    ///
    /// # Errors
    /// `LimitExceeded`, naming the first bound that is passed.
    pub fn check(&self, sample_rate: u32, channels: u16) -> Result<()> {
        within("the number of channels", channels.into(), self.channels.into())?;
        within("the sample rate in Hz", sample_rate.into(), self.sample_rate.into())
    }

    /// Checks how long so many samples of a channel play.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check_duration(&self, samples: u64, sample_rate: u32) -> Result<()> {
        let seconds = samples.div_ceil(sample_rate.max(1).into());
        within("the duration in seconds", seconds, self.duration_seconds)
    }

    /// Checks how many bytes a file declares against those that are `there`.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(crate) fn check_declared(&self, declared: u64, there: u64) -> Result<()> {
        let allowed = there.saturating_mul(self.declared_ratio.into());
        within("the declared size of the file in bytes", declared, allowed)
    }

    /// The error of a decoder that would read more than it may.
    pub(crate) fn memory_exceeded(&self) -> Error {
        let (allowed, actual) = (self.decoder_memory, self.decoder_memory.saturating_add(1));
        let limit = "the memory that the decoder needs, in bytes,";
        ErrorKind::LimitExceeded { limit, allowed, actual }.into()
    }
}

/// Checks that there is audio at all: a rate, and a channel.
///
/// # Errors
/// `InvalidValue` if one of them is 0.
pub(crate) fn check_not_zero(sample_rate: u32, channels: usize) -> Result<()> {
    if sample_rate == 0 {
        return Err(Error::invalid("the sample rate", "at least 1 Hz", "0 Hz"));
    }
    if channels == 0 {
        return Err(Error::invalid("the number of channels", "at least 1", 0));
    }
    Ok(())
}

fn within(limit: &'static str, actual: u64, allowed: u64) -> Result<()> {
    if actual > allowed {
        return Err(ErrorKind::LimitExceeded { limit, allowed, actual }.into());
    }
    Ok(())
}
