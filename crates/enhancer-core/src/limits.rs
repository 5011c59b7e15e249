//! Bounds on what is accepted, checked once at the door.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};

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
        Limits { channels: 64, sample_rate: 768_000 }
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

fn within(limit: &'static str, actual: u64, allowed: u64) -> Result<()> {
    if actual > allowed {
        return Err(ErrorKind::LimitExceeded { limit, allowed, actual }.into());
    }
    Ok(())
}
