//! Samples to bytes.

mod wav;

use std::io::{Seek, SeekFrom, Write};

use crate::audio::plane_len;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{AudioFormat, Container};
use crate::tags::Tags;

/// A sink of samples, written from its start to its end.
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
/// container cannot hold them, `Write` if the sink fails.
pub fn create<'a, W>(
    sink: W,
    format: &AudioFormat,
    _tags: &Tags,
) -> Result<Box<dyn AudioWriter + 'a>>
where
    W: Write + Seek + Send + 'a,
{
    format.check()?;
    let header = match format.container {
        Container::Raw => Vec::new(),
        Container::Wav => wav::header(format, 0)?,
        _ => {
            let reason = format!("{:?} files can be read, not written", format.container);
            return Err(ErrorKind::Unwritable { reason }.into());
        }
    };
    let mut writer = Writer { sink, format: *format, data_bytes: 0, buffer: header };
    writer.flush_buffer()?;
    Ok(Box::new(writer))
}

struct Writer<W> {
    sink: W,
    format: AudioFormat,
    data_bytes: u64,
    buffer: Vec<u8>,
}

impl<W: Write + Seek> Writer<W> {
    fn flush_buffer(&mut self) -> Result<()> {
        self.sink.write_all(&self.buffer).map_err(Error::write)?;
        self.buffer.clear();
        Ok(())
    }

    fn interleave(&mut self, planes: &[Vec<f32>], len: usize) {
        for n in 0..len {
            for plane in planes {
                self.format.sample_format.encode(plane[n], &mut self.buffer);
            }
        }
    }

    /// Checks that the container has room for `bytes` of samples.
    fn check_room(&self, bytes: u64) -> Result<()> {
        if self.format.container == Container::Wav && bytes > wav::MAX_DATA_BYTES {
            let reason = format!(
                "a WAV file holds at most {} bytes of samples; write raw samples, or fewer",
                wav::MAX_DATA_BYTES
            );
            return Err(ErrorKind::Unwritable { reason }.into());
        }
        Ok(())
    }
}

impl<W: Write + Seek + Send> AudioWriter for Writer<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        if planes.len() != usize::from(self.format.channels) {
            return Err(Error::invalid(
                "the number of channels",
                self.format.channels,
                planes.len(),
            ));
        }
        let len = plane_len(planes)?;
        let bytes = self.data_bytes + (len * self.format.frame_bytes()) as u64;
        self.check_room(bytes)?;
        self.interleave(planes, len);
        self.flush_buffer()?;
        self.data_bytes = bytes;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if self.format.container == Container::Wav {
            if self.data_bytes % 2 == 1 {
                self.buffer.push(0);
                self.flush_buffer()?;
            }
            self.buffer = wav::header(&self.format, self.data_bytes as u32)?;
            self.sink.seek(SeekFrom::Start(0)).map_err(Error::write)?;
            self.flush_buffer()?;
            self.sink.seek(SeekFrom::End(0)).map_err(Error::write)?;
        }
        self.sink.flush().map_err(Error::write)
    }
}
