//! Limits for sources, checked once when they are opened.

use serde::{Deserialize, Serialize};

use crate::audio::{AudioFormat, Container};
use crate::error::{Error, ErrorKind, Result};
use crate::setters::setters;

/// Limits for a source of audio. A source beyond a limit is an error that names the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Number of channels. Memory grows with it. Default: 64.
    pub channels: u16,
    /// Sample rate in Hz. Default: 768 000.
    pub sample_rate: u32,
    /// Duration in seconds. A small file can contain days of silence. Default: a day.
    pub duration_seconds: u64,
    /// Bytes that a decoder may read into memory at a time: the header of a file with its
    /// tables and pictures, or one packet. The same limit holds for decoded samples that
    /// are not read yet, as 32-bit floats. Default: 64 MiB.
    pub decoder_memory: u64,
    /// Duration in seconds times the number of channels: the work grows with it. Default: only the
    /// two factors are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_seconds: Option<u64>,
    /// Size of a result in bytes; also of the temporary file that levelling and a loudness need,
    /// with 4 bytes per sample. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_bytes: Option<u64>,
}

setters!(Limits {
    with_channels => channels: u16,
    with_sample_rate => sample_rate: u32,
    with_duration_seconds => duration_seconds: u64,
    with_decoder_memory => decoder_memory: u64,
    with_channel_seconds => channel_seconds: Option<u64>,
    with_result_bytes => result_bytes: Option<u64>,
});

impl Default for Limits {
    fn default() -> Self {
        Limits {
            channels: Limits::CHANNELS,
            sample_rate: Limits::SAMPLE_RATE,
            duration_seconds: 24 * 60 * 60,
            decoder_memory: 64 << 20,
            channel_seconds: None,
            result_bytes: None,
        }
    }
}

impl Limits {
    /// The default limit of the number of channels.
    pub const CHANNELS: u16 = 64;
    /// The default limit of the sample rate, and the highest rate that can be converted, in Hz.
    pub const SAMPLE_RATE: u32 = 768_000;

    /// Checks the format of a source.
    ///
    /// # Errors
    /// `LimitExceeded`, for the first limit that is exceeded.
    pub fn check(&self, sample_rate: u32, channels: u16) -> Result<()> {
        within("the number of channels", channels.into(), self.channels.into())?;
        within("the sample rate in Hz", sample_rate.into(), self.sample_rate.into())
    }

    /// Checks the duration of this many samples per channel.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check_duration(&self, samples: u64, sample_rate: u32) -> Result<()> {
        let seconds = samples.div_ceil(sample_rate.max(1).into());
        within("the duration in seconds", seconds, self.duration_seconds)
    }

    /// Checks the work of enhancing this many samples in each channel.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(crate) fn check_work(&self, samples: u64, sample_rate: u32, channels: u16) -> Result<()> {
        let samples = samples.saturating_mul(channels.into());
        let channel_seconds = samples.div_ceil(sample_rate.max(1).into());
        let allowed = self.channel_seconds.unwrap_or(u64::MAX);
        within("the duration in seconds times the number of channels", channel_seconds, allowed)
    }

    /// Checks the size of a result of this many samples per channel, if its format has a known
    /// size. The size of compressed audio is not known in advance.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(crate) fn check_result(&self, samples: u64, format: &AudioFormat) -> Result<()> {
        match format.container {
            Container::Flac | Container::Opus | Container::Mp3 | Container::M4a => Ok(()),
            container if container.is_video() => Ok(()),
            _ => self.check_result_bytes(samples.saturating_mul(format.frame_bytes() as u64)),
        }
    }

    /// Checks the size of the temporary file for this many samples per channel.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(crate) fn check_temporary(&self, samples: u64, channels: u16) -> Result<()> {
        let bytes = samples.saturating_mul(4 * u64::from(channels));
        let limit = "the size in bytes of the temporary file that levelling and a loudness need";
        within(limit, bytes, self.result_bytes.unwrap_or(u64::MAX))
    }

    /// Checks the size of a result.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(crate) fn check_result_bytes(&self, bytes: u64) -> Result<()> {
        within("the size of the result in bytes", bytes, self.result_bytes.unwrap_or(u64::MAX))
    }

    /// The error of a decoder that needs more memory than the limit allows.
    pub(crate) fn memory_exceeded(&self) -> Error {
        let (allowed, actual) = (self.decoder_memory, self.decoder_memory.saturating_add(1));
        let limit = "the memory that the decoder needs, in bytes,";
        ErrorKind::LimitExceeded { limit, allowed, actual }.into()
    }
}

/// Checks that the rate and the number of channels are not 0.
///
/// # Errors
/// `InvalidValue` if one of them is 0.
pub(crate) fn check_not_zero(sample_rate: u32, channels: u16) -> Result<()> {
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
