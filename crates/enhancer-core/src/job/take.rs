//! A take: the input and what the model made of it, from which every mix of both can
//! be rendered without the model.

mod source;

use std::io::{Read, Seek, Write};

use super::bounded::Metered;
use super::finishing::{FirstPass, copy_async, finish_async};
use super::opened::{self, Opened};
use super::{EnhanceOptions, ResultFile, Summary};
use crate::audio::{AudioFormat, Container, Planes, take_format};
use crate::cancel::CancelToken;
use crate::engine::Progress;
use crate::error::{Error, Result};
use crate::read::{AudioReader, Shared, open, open_samples};
use crate::signal::loudness::Reread;
use crate::signal::{Blend, Controls, Finished, Finishing, read_async};
use crate::write::AudioWriter;
use crate::write::video::{Found, Video};
use source::Known;

/// What the results of a take need to know of its source: its format, tags and length, and how it was
/// read. With it no result looks at the source again, unless all but the sound of a video is copied
/// from there.
///
/// ```
/// use std::io::Cursor;
/// use enhancer_core::{
///     AudioWriter, CancelToken, Container, EnhanceOptions, Finished, RawFormat, SampleFormat, Take,
/// };
///
/// let mut options = EnhanceOptions::default();
/// options.raw = Some(RawFormat::new(SampleFormat::S16le, 48_000, 1));
/// let (source, cancel) = (Cursor::new(vec![0; 200]), CancelToken::new());
/// let (reader, take) = Take::open(source.clone(), &options, &cancel)?;
/// assert_eq!(reader.len(), Some(100));
///
/// options.container = Some(Container::Wav);
/// let mut sink = Cursor::new(Vec::new());
/// let mut file = take.create_result(source, &mut sink, &options, &cancel)?;
/// file.write(&[vec![0.5; 100]])?;
/// file.finish()?;
/// assert_eq!(take.summary(100, &Finished::default(), &file).samples, 100);
/// drop(file);
/// assert!(sink.into_inner().starts_with(b"RIFF"));
/// # Ok::<(), enhancer_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Take {
    source: Known,
    /// Those for reading.
    reading: EnhanceOptions,
    video: Option<Container>,
}

impl Take {
    /// Opens a source of which a take is to be made, as the options say how it is read. All others
    /// change nothing here.
    ///
    /// # Errors
    /// Those of [`open`](crate::open), and `LimitExceeded`.
    pub fn open<'r, R>(
        source: R,
        options: &EnhanceOptions,
        cancel: &CancelToken,
    ) -> Result<(Box<dyn AudioReader + 'r>, Take)>
    where
        R: Read + Seek + Send + 'r,
    {
        let reading = options.reading();
        let source = Shared::new(source);
        let reader = open(source.share(), &reading.open_options(cancel.clone()))?;
        let reader = Metered::new(reader, reading.limits)?;
        let video = if reader.has_video() {
            // What fails here fails in the result too, which says why.
            video_container(source, &reader, &reading, cancel).ok().flatten()
        } else {
            None
        };
        let take = Take { source: Known::of(&reader), reading, video };
        Ok((Box::new(reader), take))
    }

    /// How its samples are stored, see [`take_format`].
    ///
    /// # Errors
    /// Those of [`take_format`].
    pub fn format(&self) -> Result<AudioFormat> {
        take_format(self.source.format())
    }

    /// The format of the source.
    pub fn source_format(&self) -> &AudioFormat {
        self.source.format()
    }

    /// The container of the result if that is the video; none if it can only be its sound.
    pub fn video(&self) -> Option<Container> {
        self.video
    }

    /// Starts the file that a [`Job`](super::Job) with these options makes of the source, for samples
    /// that come from the take ([`render_async`]). If the result is a video, the source is opened, and
    /// all but the sound is copied to `sink` while samples are written; otherwise it is not
    /// touched. How it is read, and the options for the model and the mix change nothing here.
    ///
    /// # Errors
    /// Those of [`EnhanceOptions::check`] that no model decides, of [`create`](crate::create), and
    /// `Unwritable` if the source is not the video that is requested. If it is opened, those of
    /// [`open`](crate::open), and `InvalidValue` if its format is not that of the take.
    pub fn create_result<'w, R, W>(
        &self,
        source: R,
        sink: W,
        options: &EnhanceOptions,
        cancel: &CancelToken,
    ) -> Result<ResultFile<'w>>
    where
        R: Read + Seek + Send + 'w,
        W: Write + Seek + Send + 'w,
    {
        let options = options.read_as(&self.reading);
        options.check_file()?;
        if options.wants_video() && self.source.has_video() {
            let Opened { reader, format, found } = Opened::new(source, &options, cancel)?;
            self.check(&reader)?;
            return ResultFile::create(found, sink, &format, &reader);
        }
        let (format, found) = opened::format(&options, &self.source, Found::<R>::NoVideo)?;
        ResultFile::create(found, sink, &format, &self.source)
    }

    /// The summary of a result with so many samples, of what [`render_async`] gives, with what its file
    /// does not have of the source. Damage that was found when the source was read is in the summary of the take.
    pub fn summary(&self, samples: u64, finished: &Finished, file: &ResultFile<'_>) -> Summary {
        let mut summary = Summary::new(samples, &self.source);
        summary.note_finished(finished);
        summary.note_clipping(file.clipping());
        file.report(&mut summary, self.source.tags());
        summary
    }

    /// Checks that the source is the one that the take is of.
    fn check(&self, reader: &dyn AudioReader) -> Result<()> {
        let of = |format: &AudioFormat| {
            format!("{} channels at {} Hz", format.channels, format.sample_rate)
        };
        let (taken, found) = (of(self.source_format()), of(reader.format()));
        if taken == found {
            return Ok(());
        }
        let expected = format!("the one that the take was made of ({taken})");
        Err(Error::invalid("the source", expected, found))
    }
}

/// The container of a result that is the video.
fn video_container<R: Read + Seek + Send>(
    source: Shared<R>,
    reader: &dyn AudioReader,
    options: &EnhanceOptions,
    cancel: &CancelToken,
) -> Result<Option<Container>> {
    let found = Video::look(source, reader, &options.limits, options.strict, cancel)?;
    let (format, _) = opened::format(options, reader, found)?;
    Ok(Some(format.container).filter(|container| container.is_video()))
}

/// Makes the result of a take that [`take_format`] describes, of audio of `format`,
/// and writes it to `writer`: what a session of the same `attenuation_limit`, `mix` and
/// `output` gives, then levelled and brought to a loudness, if that is asked for. Other controls
/// decided what the model did and change nothing here. Returns the number of samples in each
/// channel, and what came of levelling and of the loudness.
///
/// `each_block` is awaited after each block, so that other tasks of the thread can run,
/// with how far it is: `received` counts samples that were measured, or else read,
/// `enhanced` those that were written. Its error ends the work.
///
/// # Errors
/// `InvalidValue` if a control is out of range or the audio has no rate or channels,
/// `CorruptAudio` if the take ends inside a frame, those of [`AudioReader::read`] and
/// [`AudioWriter::write`], and those of `each_block`.
pub async fn render_async<T: Read + Seek + Send>(
    take: &mut T,
    format: &AudioFormat,
    controls: &Controls,
    finishing: Finishing,
    writer: &mut dyn AudioWriter,
    mut each_block: impl AsyncFnMut(Progress) -> Result<()>,
) -> Result<(u64, Finished)> {
    controls.check()?;
    let mut audio = Remixed { take, format, controls };
    let mut remix = audio.reader()?;
    let expected = remix.len();
    if finishing.is_nothing() {
        let report = async |n| each_block(Progress { received: n, enhanced: n, expected }).await;
        let samples = copy_async(&mut *remix, None, writer, report).await?;
        return Ok((samples, Finished::default()));
    }
    let mut first = FirstPass::new(finishing, format)?;
    let report = async |received| each_block(Progress { received, enhanced: 0, expected }).await;
    read_async(&mut *remix, |planes| first.push(planes), report).await?;

    drop(remix);
    let received = expected.unwrap_or_default();
    let report = async |written: Option<u64>| {
        let enhanced = written.unwrap_or_default();
        each_block(Progress { received, enhanced, expected }).await
    };
    finish_async(&mut audio, first, writer, report).await
}

/// The result of a take.
struct Remixed<'a, T> {
    take: &'a mut T,
    format: &'a AudioFormat,
    controls: &'a Controls,
}

impl<T: Read + Seek + Send> Reread for Remixed<'_, T> {
    fn reader(&mut self) -> Result<Box<dyn AudioReader + '_>> {
        Ok(Box::new(Remix::open(&mut *self.take, self.format, self.controls)?))
    }
}

/// Reads the result of a take.
struct Remix<'a> {
    take: Box<dyn AudioReader + 'a>,
    format: AudioFormat,
    blend: Blend,
    /// What was read of the take.
    block: Planes,
}

impl<'a> Remix<'a> {
    fn open(
        take: impl Read + Seek + Send + 'a,
        format: &AudioFormat,
        controls: &Controls,
    ) -> Result<Remix<'a>> {
        let both = take_format(format)?;
        let take = open_samples(take, both)?;
        let block = vec![Vec::new(); both.channels.into()];
        Ok(Remix { take, format: *format, blend: Blend::new(controls), block })
    }
}

impl AudioReader for Remix<'_> {
    fn format(&self) -> &AudioFormat {
        &self.format
    }

    fn len(&self) -> Option<u64> {
        self.take.len()
    }

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        self.block.iter_mut().for_each(Vec::clear);
        let came = self.take.read(&mut self.block, max)?;
        let (dry, wet) = self.block.split_at(planes.len());
        for ((plane, dry), wet) in planes.iter_mut().zip(dry).zip(wet) {
            plane.extend(wet.iter().zip(dry).map(|(&wet, &dry)| self.blend.of(wet, dry)));
        }
        Ok(came)
    }
}

#[cfg(test)]
mod tests;
