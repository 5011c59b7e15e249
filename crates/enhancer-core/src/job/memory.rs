//! Audio in memory as a source and as a sink, and enhancing it as a whole.

use super::pipeline;
use crate::audio::{Audio, AudioFormat, Planes, SampleFormat, append, check_planes};
use crate::engine::{Engine, SessionOptions};
use crate::error::Result;
use crate::model::Model;
use crate::read::AudioReader;
use crate::write::AudioWriter;

/// Reads audio from memory.
pub(crate) struct MemoryReader<'a> {
    audio: &'a Audio,
    format: AudioFormat,
    /// Samples per channel that were read.
    read: usize,
}

impl<'a> MemoryReader<'a> {
    pub(crate) fn new(audio: &'a Audio) -> MemoryReader<'a> {
        let format = AudioFormat::raw(SampleFormat::F32le, audio.sample_rate(), audio.channels());
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
        check_planes(planes.len(), self.audio.channels())?;
        let to = self.audio.len().min(self.read.saturating_add(max));
        let block: Vec<_> = self.audio.planes().iter().map(|plane| &plane[self.read..to]).collect();
        append(planes, &block);
        let len = to - self.read;
        self.read = to;
        Ok(len)
    }
}

/// Collects what is written.
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

impl Engine {
    /// Enhances audio that is completely in memory, and waits for the result. Its length replaces
    /// the expected length in the options.
    ///
    /// # Errors
    /// The errors of [`open`](Self::open) and of [`Session::pull`](crate::Session::pull).
    pub fn process_audio(
        &self,
        model: &Model,
        session_id: &str,
        unprocessed_audio: &Audio,
        mut options: SessionOptions,
    ) -> Result<Audio> {
        options.expected_len = Some(unprocessed_audio.len() as u64);
        let (rate, channels) = (unprocessed_audio.sample_rate(), unprocessed_audio.channels());
        let mut session = self.open(model, session_id, rate, channels, options)?;
        let mut reader = MemoryReader::new(unprocessed_audio);
        let plane = || Vec::with_capacity(unprocessed_audio.len());
        let mut writer = MemoryWriter((0..channels).map(|_| plane()).collect());
        pipeline::enhance(&mut reader, &mut session, &mut writer)?;
        Audio::new(rate, writer.0)
    }
}
