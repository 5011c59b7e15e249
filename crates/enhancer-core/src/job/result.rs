//! The file of a result: a video whose other tracks are copied, or sound alone.

use std::io::{Read, Seek, Write};

use super::summary::Summary;
use crate::audio::AudioFormat;
use crate::error::Result;
use crate::read::AudioReader;
use crate::tags::Tags;
use crate::warning::Warning;
use crate::write::video::Found;
use crate::write::{AudioWriter, Clipping, create};

/// The file of a result while it is being written. As with any [`AudioWriter`], it is valid only
/// after [`finish`](AudioWriter::finish).
pub struct ResultFile<'a> {
    writer: Box<dyn AudioWriter + 'a>,
    format: AudioFormat,
    /// For a video: the warnings about the copy, or the reason why it is not copied.
    copied: Option<std::result::Result<Vec<Warning>, String>>,
}

impl<'a> ResultFile<'a> {
    /// Creates the file for a source that was opened as `reader`, at position 0 of `sink`.
    ///
    /// # Errors
    /// The errors of [`create`], and `Read` if the source of a video fails.
    pub(super) fn create<R, W>(
        found: Found<R>,
        sink: W,
        format: &AudioFormat,
        reader: &dyn AudioReader,
    ) -> Result<Self>
    where
        R: Read + Seek + Send + 'a,
        W: Write + Seek + Send + 'a,
    {
        let (writer, copied) = match found {
            Found::Video(video) => {
                let notes = video.notes().to_vec();
                (video.create(sink, format, reader.len())?, Some(Ok(notes)))
            }
            Found::NotCopied(reason) => (create(sink, format, reader.tags())?, Some(Err(reason))),
            Found::NoVideo => (create(sink, format, reader.tags())?, None),
        };
        Ok(ResultFile { writer, format: *format, copied })
    }

    /// The format of the file.
    pub fn format(&self) -> &AudioFormat {
        &self.format
    }

    /// Adds warnings about the file to the summary, such as what it lacks of its source. `tags` are
    /// those of the source.
    pub fn report(&self, summary: &mut Summary, tags: &Tags) {
        match &self.copied {
            Some(Ok(notes)) => {
                let found: Vec<_> = notes.iter().cloned().chain(self.writer.note()).collect();
                summary.note_video(&found);
            }
            Some(Err(reason)) => summary.note_not_copied(reason),
            None => {}
        }
        summary.note_chunks(tags, self.format.container);
    }
}

impl AudioWriter for ResultFile<'_> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        self.writer.write(planes)
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish()
    }

    fn note(&self) -> Option<Warning> {
        self.writer.note()
    }

    fn clipping(&self) -> Option<Clipping> {
        self.writer.clipping()
    }
}

impl std::fmt::Debug for ResultFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResultFile").field("format", &self.format).finish_non_exhaustive()
    }
}
