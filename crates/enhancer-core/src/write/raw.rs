//! Interleaved samples, bare or inside a container.

use std::io::Write;

use super::quantize::Quantizer;
use super::{AudioWriter, Clipping, checked_len};
use crate::audio::AudioFormat;
use crate::error::{Error, Result};

/// Writes samples one after the other.
pub(super) struct RawWriter<W> {
    pub(super) sink: W,
    pub(super) format: AudioFormat,
    /// Bytes of samples that were written.
    pub(super) bytes: u64,
    quantizer: Quantizer,
    buffer: Vec<u8>,
}

impl<W: Write> RawWriter<W> {
    pub(super) fn new(sink: W, format: AudioFormat) -> Self {
        let quantizer = Quantizer::new(format.sample_format);
        RawWriter { sink, format, bytes: 0, quantizer, buffer: Vec::new() }
    }
}

impl<W: Write + Send> AudioWriter for RawWriter<W> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let len = checked_len(&self.format, planes)?;
        self.buffer.clear();
        self.quantizer.append_bytes(planes, len, &mut self.buffer);
        self.sink.write_all(&self.buffer).map_err(Error::write)?;
        self.bytes += self.buffer.len() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.flush().map_err(Error::write)
    }

    fn clipping(&self) -> Option<Clipping> {
        self.quantizer.clipping(self.format.sample_rate)
    }
}
