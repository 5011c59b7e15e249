//! Encodes samples and writes files.

mod clipping;
mod destination;
#[cfg(feature = "flac")]
mod flac;
#[cfg(feature = "aac")]
mod m4a;
#[cfg(feature = "mp3")]
mod mp3;
#[cfg(feature = "opus")]
mod opus;
mod pcm;
mod quantize;
mod rate;
mod raw;
mod speakers;
#[cfg(feature = "media")]
pub(crate) mod video;
#[cfg(not(feature = "media"))]
#[path = "no_video.rs"]
pub(crate) mod video;
mod wav;

pub use clipping::Clipping;
pub use destination::Destination;
#[cfg(feature = "aac")]
pub(crate) use m4a::{FRAME, Frames, HEAD, ONE, Sound, media_info, places, sound_head};
#[cfg(feature = "opus")]
pub(crate) use opus::{PACKET, POSITION_RATE, Packets};
pub(crate) use pcm::Pieces;

use std::io::{Seek, Write};
use std::ops::RangeInclusive;

use crate::audio::{AudioFormat, Container, plane_len};
use crate::error::{Error, ErrorKind, Result};
use crate::tags::Tags;
use crate::warning::Warning;

/// A sink of samples, written from its start to its end.
///
/// Samples that the file can represent are written unchanged. Others are dithered (triangular
/// noise, the same in every run) and rounded. Opus, MP3 and M4A are lossy. Samples at a rate that
/// these formats do not have are converted; Opus is always decoded at 48 kHz.
///
/// The file is valid only after [`finish`](AudioWriter::finish). Write it to a temporary place, and
/// move it when it is complete.
///
/// You can implement this trait, such as to pass the samples on. Methods that are added later will
/// have a default.
/// default.
pub trait AudioWriter: Send {
    /// Appends samples: `planes[channel]`, all of equal length.
    ///
    /// # Errors
    /// `InvalidValue` if the number of planes is not the number of channels or if they
    /// differ in length, `Unwritable` if the format has no room for more, `Write` if the
    /// sink fails.
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()>;

    /// Completes the file.
    ///
    /// # Errors
    /// `Write` if the sink fails.
    fn finish(&mut self) -> Result<()>;

    /// A warning about parts of a copied source that were found to be missing so far.
    fn note(&self) -> Option<Warning> {
        None
    }

    /// The samples so far that were cut off at full scale, if any. Files with floats can hold any
    /// sample.
    fn clipping(&self) -> Option<Clipping> {
        None
    }
}

/// Starts a file of this format in `sink`, at position 0, with the tags that its container
/// supports.
///
/// # Errors
/// `InvalidValue` if the format has no rate or no channels, `Unwritable` if its
/// container cannot be written or cannot hold them, `Write` if the sink fails.
pub fn create<'a, W>(
    sink: W,
    format: &AudioFormat,
    tags: &Tags,
) -> Result<Box<dyn AudioWriter + 'a>>
where
    W: Write + Seek + Send + 'a,
{
    check_format(format)?;
    Ok(match format.container {
        Container::Wav => Box::new(wav::WavWriter::create(sink, *format, tags)?),
        #[cfg(feature = "flac")]
        Container::Flac => Box::new(flac::FlacWriter::create(sink, *format, tags)?),
        #[cfg(feature = "aac")]
        Container::M4a => Box::new(m4a::M4aWriter::create(sink, *format, tags)?),
        #[cfg(feature = "mp3")]
        Container::Mp3 => Box::new(mp3::Mp3Writer::create(sink, *format, tags)?),
        #[cfg(feature = "opus")]
        Container::Opus => Box::new(opus::OpusWriter::create(sink, *format, tags)?),
        Container::Mp4 | Container::Mov => {
            return Err(unwritable("MP4 and MOV are written of a video; use M4A for its sound"));
        }
        Container::Mkv | Container::Webm => {
            return Err(unwritable("MKV and WebM are written of a video; use Opus for its sound"));
        }
        _ => Box::new(raw::RawWriter::new(sink, *format)),
    })
}

impl AudioFormat {
    /// The default format of the result for a source in this format. Its container is that of
    /// [`Container::of_result`], or WAV if that cannot hold the channels. Its bit depth is that of
    /// the source.
    ///
    /// ```
    /// use enhancer_core::{AudioFormat, Container, SampleFormat};
    /// let raw = AudioFormat::raw(SampleFormat::F32le, 48_000, 2);
    /// assert_eq!(raw.writable(), raw);
    /// let ogg = raw.with_container(Container::Ogg).with_lossy(true);
    /// assert_eq!(ogg.writable().container, Container::Opus);
    /// let many = ogg.with_channels(12);
    /// assert_eq!(many.writable().container, Container::Wav);
    /// ```
    #[must_use]
    pub fn writable(self) -> AudioFormat {
        let format = self.in_container(self.container.of_result(self.lossy));
        match check_format(&format) {
            Ok(()) => format,
            Err(_) => self.in_container(Container::Wav),
        }
    }
}

/// Checks that a file of this format can be written, before it is created.
///
/// # Errors
/// `InvalidValue` if the format has no rate or no channels, `Unwritable` if its container
/// cannot be written or cannot hold them.
pub(crate) fn check_format(format: &AudioFormat) -> Result<()> {
    format.check()?;
    check_bitrate(format.container, format.bitrate, format.channels..=format.channels)?;
    match format.container {
        Container::Raw => Ok(()),
        Container::Wav => wav::check(format),
        #[cfg(feature = "flac")]
        Container::Flac => flac::check(format),
        #[cfg(feature = "aac")]
        Container::M4a | Container::Mp4 | Container::Mov => m4a::check(format),
        #[cfg(feature = "mp3")]
        Container::Mp3 => mp3::check(format),
        #[cfg(feature = "opus")]
        Container::Opus | Container::Mkv | Container::Webm => opus::check(format),
        other => Err(unwritable(format!(
            "{other:?} files can be read but not written; use WAV, FLAC, Opus, MP3, M4A or raw samples"
        ))),
    }
}

/// Checks that files in this container can have this bit rate in kbit/s, with one of these numbers
/// of channels.
///
/// # Errors
/// `Unwritable` if the container has no adjustable bit rate, the rate is out of range, or the
/// container cannot be written.
pub(crate) fn check_bitrate(
    container: Container,
    bitrate: Option<u32>,
    channels: RangeInclusive<u16>,
) -> Result<()> {
    check_is_built(container)?;
    let Some(bitrate) = bitrate else { return Ok(()) };
    match container {
        #[cfg(feature = "opus")]
        Container::Opus | Container::Mkv | Container::Webm => {
            opus::check_bitrate(bitrate, channels)
        }
        #[cfg(feature = "aac")]
        Container::M4a | Container::Mp4 | Container::Mov => m4a::check_bitrate(bitrate, channels),
        #[cfg(feature = "mp3")]
        Container::Mp3 => mp3::check_bitrate(bitrate),
        other => Err(unwritable(format!(
            "{} has no bit rate to choose; leave the bit rate out, or write Opus, MP3 or M4A",
            other.name()
        ))),
    }
}

/// Checks that this build includes the writer for this container.
fn check_is_built(container: Container) -> Result<()> {
    let (feature, is_built) = match container {
        Container::Flac => ("flac", cfg!(feature = "flac")),
        Container::M4a => ("aac", cfg!(feature = "aac")),
        Container::Mp3 => ("mp3", cfg!(feature = "mp3")),
        Container::Opus => ("opus", cfg!(feature = "opus")),
        Container::Mp4 | Container::Mov | Container::Mkv | Container::Webm => {
            ("media", cfg!(feature = "media"))
        }
        _ => return Ok(()),
    };
    if is_built {
        return Ok(());
    }
    Err(unwritable(format!(
        "{} is not written by this program, which was compiled without the feature `{feature}` of \
         enhancer-core; use WAV",
        container.name()
    )))
}

/// The length of the planes, which must match this format.
fn checked_len(format: &AudioFormat, planes: &[Vec<f32>]) -> Result<usize> {
    if planes.len() != usize::from(format.channels) {
        return Err(Error::invalid("the number of channels", format.channels, planes.len()));
    }
    plane_len(planes)
}

pub(crate) fn unwritable(reason: impl Into<String>) -> Error {
    ErrorKind::Unwritable { reason: reason.into() }.into()
}
