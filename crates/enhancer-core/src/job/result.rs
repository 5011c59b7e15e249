//! The file of a result: a video, of which all but the sound is copied, or sound alone.

use std::io::{Read, Seek, Write};

use super::EnhanceOptions;
use super::opened::Opened;
use super::summary::Summary;
use crate::audio::AudioFormat;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::read::AudioReader;
use crate::tags::Tags;
use crate::warning::Warning;
use crate::write::video::Found;
use crate::write::{AudioWriter, Clipping, create};

/// Starts the file that a [`Job`](super::Job) with these options makes of a source, for samples that
/// come from elsewhere, such as those of a take ([`render_async`](crate::render_async)). The source is
/// opened, and of a video all but the sound is copied to `sink` while samples are written; the
/// options for the model and the mix change nothing here. Returns the source, for its format and its
/// tags, and the file.
///
/// ```
/// use std::io::Cursor;
/// use enhancer_core::{
///     AudioWriter, CancelToken, Container, EnhanceOptions, RawFormat, SampleFormat, create_result,
/// };
///
/// let mut options = EnhanceOptions::default();
/// let sample_format = SampleFormat::S16le;
/// options.raw = Some(RawFormat::new(sample_format, 48_000, 1));
/// options.container = Some(Container::Wav);
///
/// let (source, mut sink) = (Cursor::new(vec![0; 200]), Cursor::new(Vec::new()));
/// let (source, mut file) = create_result(source, &mut sink, &options, &CancelToken::new())?;
/// assert_eq!(source.len(), Some(100));
/// file.write(&[vec![0.5; 100]])?;
/// file.finish()?;
/// drop(file);
/// assert!(sink.into_inner().starts_with(b"RIFF"));
/// # Ok::<(), enhancer_core::Error>(())
/// ```
///
/// # Errors
/// Those of [`EnhanceOptions::check`] that no model decides, of [`open`](crate::open) and
/// [`create`](crate::create), and `Unwritable` if the source is not the video that is requested.
pub fn create_result<'r, 'w, R, W>(
    source: R,
    sink: W,
    options: &EnhanceOptions,
    cancel: &CancelToken,
) -> Result<(Box<dyn AudioReader + 'r>, ResultFile<'w>)>
where
    R: Read + Seek + Send + 'r + 'w,
    W: Write + Seek + Send + 'w,
{
    options.check_file()?;
    let Opened { reader, format, found } = Opened::new(source, options, cancel)?;
    let file = ResultFile::create(found, sink, &format, &reader)?;
    Ok((Box::new(reader), file))
}

/// The file of a result while it is written. As of any [`AudioWriter`], it is valid only after
/// [`finish`](AudioWriter::finish).
pub struct ResultFile<'a> {
    writer: Box<dyn AudioWriter + 'a>,
    format: AudioFormat,
    /// Of a video: what is to be said of the copy, or why there is none.
    copied: Option<std::result::Result<Vec<Warning>, String>>,
}

impl<'a> ResultFile<'a> {
    /// The file of what was opened as `reader`, at position 0 of `sink`.
    ///
    /// # Errors
    /// Those of [`create`], and `Read` if the source of a video fails.
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

    /// How it is stored.
    pub fn format(&self) -> &AudioFormat {
        &self.format
    }

    /// Reports what the user should know of the file: what it does not have of its source, whose
    /// tags these are.
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
