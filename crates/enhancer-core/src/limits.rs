//! Bounds on what is accepted, checked once at the door.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The highest sample rate that is accepted by default and that is converted, in
/// Hz.
pub(crate) const MAX_SAMPLE_RATE: u32 = 768_000;

/// The most that is accepted from a source of audio. Each bound that is passed
/// is an error that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Channels. Memory grows with them. Default: 64.
    pub channels: u16,
    /// Samples per second in a channel. Default: 768 000.
    pub sample_rate: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { channels: 64, sample_rate: MAX_SAMPLE_RATE }
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
