//! How audio is stored in a file.

use serde::{Deserialize, Serialize};

use super::{Container, SampleFormat};
use crate::error::Error;
use crate::limits::check_not_zero;
use crate::setters::setters;

/// The format of a file: what a reader found, or what a writer must write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AudioFormat {
    /// The container.
    pub container: Container,
    /// The sample format.
    pub sample_format: SampleFormat,
    /// The sample rate in Hz, at least 1.
    pub sample_rate: u32,
    /// The number of interleaved channels, at least 1.
    pub channels: u16,
    /// The speaker of each channel, as in the `dwChannelMask` of WAVE; 0 if unknown.
    #[serde(default)]
    pub channel_mask: u32,
    /// Whether the samples were compressed with loss. Writers do not look at it.
    #[serde(default)]
    pub lossy: bool,
    /// The bit rate that a writer aims at on average, of all channels together, in kbit/s, or
    /// `None` for the usual one. [`Container::Opus`] has one, 6 to 256 for each channel,
    /// [`Container::Mp3`], 32 to 320, or 8 to 160 up to 24 kHz, and [`Container::M4a`], 8 to 192
    /// for each channel, and up to 6 for each kHz. Readers give `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u32>,
}

setters!(AudioFormat {
    with_container => container: Container,
    with_sample_format => sample_format: SampleFormat,
    with_sample_rate => sample_rate: u32,
    with_channels => channels: u16,
    with_channel_mask => channel_mask: u32,
    with_lossy => lossy: bool,
    with_bitrate => bitrate: Option<u32>,
});

impl AudioFormat {
    /// Raw interleaved samples.
    pub const fn raw(sample_format: SampleFormat, sample_rate: u32, channels: u16) -> AudioFormat {
        AudioFormat {
            container: Container::Raw,
            sample_format,
            sample_rate,
            channels,
            channel_mask: 0,
            lossy: false,
            bitrate: None,
        }
    }

    /// Bytes of one frame: a sample of every channel.
    pub fn frame_bytes(&self) -> usize {
        self.sample_format.bytes() * usize::from(self.channels)
    }

    /// The same audio in another container, with the nearest bit depth that it supports: FLAC
    /// stores 32-bit and float samples with 24 bits. Opus, MP3, M4A and videos store no samples;
    /// their format is 16 bits, as for all sources that are compressed with loss.
    #[must_use]
    pub fn in_container(self, container: Container) -> AudioFormat {
        let sample_format = match (container, self.sample_format) {
            (Container::Flac, SampleFormat::S32le | SampleFormat::F32le) => SampleFormat::S24le,
            (Container::Opus | Container::Mp3 | Container::M4a, _) => SampleFormat::S16le,
            (container, _) if container.is_video() => SampleFormat::S16le,
            (_, sample_format) => sample_format,
        };
        AudioFormat { container, sample_format, ..self }
    }

    /// Checks that the rate and the number of channels are not 0.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_not_zero(self.sample_rate, self.channels)
    }
}

/// The format in which a take of audio in `format` is stored: raw 32-bit float samples. Each frame
/// has first the channels of the input, then the enhanced ones, as a session with
/// [`SessionOptions::with_input`](crate::SessionOptions::with_input) returns them.
///
/// # Errors
/// `InvalidValue` if the rate or the number of channels is 0, or if there are more than 32 767
/// channels.
pub fn take_format(format: &AudioFormat) -> Result<AudioFormat, Error> {
    format.check()?;
    let channels = format.channels.checked_mul(2).ok_or_else(|| {
        Error::invalid("the number of channels", "at most 32767 in a take", format.channels)
    })?;
    Ok(AudioFormat::raw(SampleFormat::F32le, format.sample_rate, channels))
}
