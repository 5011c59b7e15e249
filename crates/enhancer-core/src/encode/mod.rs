//! Samples to bytes.

mod flac;
mod quantize;
mod raw;
mod wav;

use std::io::{Seek, Write};

use crate::audio::plane_len;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{AudioFormat, Container};
use crate::tags::Tags;

/// A sink of samples, written from its start to its end.
///
/// Where the file holds fewer bits than a sample has, the sample is dithered (triangular
/// noise, the same at every run) and rounded; one that the file holds exactly stays as
/// it is.
///
/// What was written is a valid file only after [`finish`](AudioWriter::finish):
/// write to a temporary place, and move it when it is whole.
pub trait AudioWriter: Send {
    /// Appends samples: `planes[channel]`, all equally long.
    ///
    /// # Errors
    /// `InvalidValue` if the planes are not as many as the channels or differ in
    /// length, `Unwritable` if the format has no room for more, `Write` if the sink
    /// fails.
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()>;

    /// Completes the file.
    ///
    /// # Errors
    /// `Write` if the sink fails.
    fn finish(&mut self) -> Result<()>;
}

/// Starts a file of that format in `sink`, at the sink's position 0, with those
/// tags, as far as its container has a place for them.
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
    format.check()?;
    Ok(match format.container {
        Container::Raw => Box::new(raw::RawWriter::new(sink, *format)),
        Container::Wav => Box::new(wav::WavWriter::create(sink, *format, tags)?),
        Container::Flac => Box::new(flac::FlacWriter::create(sink, *format, tags)?),
        other => {
            return Err(unwritable(format!(
                "{other:?} files can be read but not written; use WAV, FLAC or raw samples"
            )));
        }
    })
}

/// The length of planes that come for a file of that format.
fn checked_len(format: &AudioFormat, planes: &[Vec<f32>]) -> Result<usize> {
    if planes.len() != usize::from(format.channels) {
        return Err(Error::invalid("the number of channels", format.channels, planes.len()));
    }
    plane_len(planes)
}

fn unwritable(reason: impl Into<String>) -> Error {
    ErrorKind::Unwritable { reason: reason.into() }.into()
}
