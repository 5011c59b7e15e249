//! Audio in memory as a source and as a sink.

use crate::audio::{Audio, Planes, append};
use crate::decode::AudioReader;
use crate::encode::AudioWriter;
use crate::error::Result;
use crate::format::{AudioFormat, SampleFormat};

/// Reads audio that is in memory.
pub(crate) struct MemoryReader<'a> {
    audio: &'a Audio,
    format: AudioFormat,
    /// Samples of each channel that were read.
    read: usize,
}

impl<'a> MemoryReader<'a> {
    /// A reader of audio that has no more channels than a session may have.
    pub(crate) fn new(audio: &'a Audio) -> MemoryReader<'a> {
        let channels = u16::try_from(audio.channels()).unwrap_or(u16::MAX);
        let format = AudioFormat::raw(SampleFormat::F32le, audio.sample_rate(), channels);
        MemoryReader { audio, format, read: 0 }
    }
}

impl AudioReader for MemoryReader<'_> {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        Some(self.audio.len() as u64)
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        assert_eq!(planes.len(), self.audio.channels(), "one plane a channel");
        let to = self.audio.len().min(self.read.saturating_add(max));
        let block: Vec<_> = self.audio.planes().iter().map(|plane| &plane[self.read..to]).collect();
        append(planes, &block);
        let len = to - self.read;
        self.read = to;
        Ok(len)
    }
}

/// Gathers what is written.
pub(crate) struct MemoryWriter(pub(crate) Planes);

impl AudioWriter for MemoryWriter {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        append(&mut self.0, planes);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
