//! Audio in memory.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::limits::check_not_zero;

/// The number of samples per channel that are read, written or measured at once.
pub(crate) const BLOCK: usize = 16_384;

/// The samples of one or more channels, one vector each: `planes[channel][n]`.
///
/// Samples are `f32`; full scale is [-1, 1], and values beyond it are kept.
pub type Planes = Vec<Vec<f32>>;

/// Audio in memory: planar samples of one or more channels at one rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    sample_rate: u32,
    planes: Planes,
}

impl Audio {
    /// Creates audio from its planes.
    ///
    /// # Errors
    /// `InvalidValue` if the rate is 0, if there are no channels or more than 65 535, or if
    /// they differ in length.
    ///
    /// ```
    /// use enhancer_core::Audio;
    /// let second_of_silence = Audio::new(48_000, vec![vec![0.0; 48_000]; 2])?;
    /// assert_eq!(second_of_silence.duration().as_secs(), 1);
    /// assert!(Audio::new(48_000, vec![vec![0.0; 3], vec![0.0; 4]]).is_err());
    /// # Ok::<(), enhancer_core::Error>(())
    /// ```
    pub fn new(sample_rate: u32, planes: Planes) -> Result<Audio> {
        let channels = u16::try_from(planes.len());
        let too_many = |_| Error::invalid("the number of channels", "1 to 65535", planes.len());
        check_not_zero(sample_rate, channels.map_err(too_many)?)?;
        plane_len(&planes)?;
        Ok(Audio { sample_rate, planes })
    }

    /// The sample rate in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// The number of channels, at least 1.
    pub fn channels(&self) -> u16 {
        self.planes.len() as u16
    }

    /// The number of samples in each channel.
    pub fn len(&self) -> usize {
        self.planes[0].len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The duration.
    pub fn duration(&self) -> Duration {
        duration(self.len() as u64, self.sample_rate)
    }

    /// The samples, one vector for each channel.
    pub fn planes(&self) -> &[Vec<f32>] {
        &self.planes
    }

    /// Returns the samples, one vector for each channel, without a copy.
    pub fn into_planes(self) -> Planes {
        self.planes
    }
}

/// The duration of `samples` samples per channel at `sample_rate` Hz. A rate of 0, which a caller's
/// own reader may report, counts as 1.
pub(crate) fn duration(samples: u64, sample_rate: u32) -> Duration {
    let seconds = samples as f64 / f64::from(sample_rate.max(1));
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// The length that all planes share.
///
/// # Errors
/// `InvalidValue` if their lengths differ.
pub(crate) fn plane_len(planes: &[impl AsRef<[f32]>]) -> Result<usize> {
    let len = planes.first().map_or(0, |plane| plane.as_ref().len());
    match planes.iter().position(|plane| plane.as_ref().len() != len) {
        None => Ok(len),
        Some(channel) => Err(Error::invalid(
            "the length of a channel",
            format!("{len} samples, as in the first channel"),
            format!("{} in channel {}", planes[channel].as_ref().len(), channel + 1),
        )),
    }
}

/// Checks that there is a plane for each channel.
///
/// # Errors
/// `InvalidValue` if there are more or fewer.
pub(crate) fn check_planes(planes: usize, channels: impl Into<usize>) -> Result<()> {
    let channels = channels.into();
    if planes != channels {
        return Err(Error::invalid("the number of channels", channels, planes));
    }
    Ok(())
}

/// Appends each plane of `from` to its counterpart in `to`.
pub(crate) fn append(to: &mut Planes, from: &[impl AsRef<[f32]>]) {
    for (to, from) in to.iter_mut().zip(from) {
        to.extend_from_slice(from.as_ref());
    }
}
