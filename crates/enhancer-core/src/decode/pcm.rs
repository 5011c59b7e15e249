//! Interleaved samples, the same bare or inside a WAV file.

use std::io::{Read, Seek};

use super::{AudioReader, byte_len};
use crate::audio::Planes;
use crate::error::{Error, Result};
use crate::format::AudioFormat;

/// Bytes read at once, about.
const CHUNK_BYTES: usize = 64 * 1024;

/// Reads the interleaved samples of a stretch of bytes.
pub(super) struct PcmReader<R> {
    source: R,
    format: AudioFormat,
    /// Samples a channel, all of them and those not yet read.
    len: u64,
    left: u64,
    buffer: Vec<u8>,
}

impl<R: Read + Seek> PcmReader<R> {
    /// Raw samples, from the first byte of `source` to its last.
    pub(super) fn open_raw(mut source: R, format: AudioFormat) -> Result<Self> {
        let bytes = byte_len(&mut source)?;
        Self::new(source, format, 0, bytes)
    }

    /// Reads the `bytes` bytes that come next in `source`, which stands at
    /// `offset`.
    pub(super) fn new(source: R, format: AudioFormat, offset: u64, bytes: u64) -> Result<Self> {
        let frame = format.frame_bytes() as u64;
        let rest = bytes % frame;
        if rest != 0 {
            return Err(Error::corrupt_audio(
                offset + bytes - rest,
                format!(
                    "{rest} bytes are left over; {} channels of {} take {frame} bytes a sample",
                    format.channels, format.sample_format
                ),
            ));
        }
        let len = bytes / frame;
        Ok(PcmReader { source, format, len, left: len, buffer: Vec::new() })
    }

    /// Fills the buffer with the next samples, at most `max`, and says how many.
    fn fill(&mut self, max: usize) -> Result<usize> {
        let frame = self.format.frame_bytes();
        let samples = max.min((CHUNK_BYTES / frame).max(1));
        let samples = samples.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.buffer.resize(samples * frame, 0);
        self.source.read_exact(&mut self.buffer).map_err(Error::read)?;
        self.left -= samples as u64;
        Ok(samples)
    }

    fn deinterleave(&self, planes: &mut Planes) {
        let format = self.format.sample_format;
        let stride = self.format.frame_bytes();
        for (channel, plane) in planes.iter_mut().enumerate() {
            let at = channel * format.bytes();
            let samples = self.buffer.chunks_exact(stride);
            plane.extend(samples.map(|frame| format.decode(&frame[at..at + format.bytes()])));
        }
    }
}

impl<R: Read + Seek + Send> AudioReader for PcmReader<R> {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        assert_eq!(planes.len(), usize::from(self.format.channels), "one plane a channel");
        let mut done = 0;
        while done < max && self.left > 0 {
            done += self.fill(max - done)?;
            self.deinterleave(planes);
        }
        Ok(done)
    }
}
