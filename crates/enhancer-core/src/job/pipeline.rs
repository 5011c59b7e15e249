//! The steps of a job: read, enhance and write, block by block.

use std::io::{self, Read, Seek, Write};

use super::finishing::{FirstPass, finish_async};
use super::summary::Summary;
use crate::audio::{AudioFormat, BLOCK, Container, Planes, SampleFormat, check_planes, plane_len};
use crate::engine::Session;
use crate::error::{Error, Result};
use crate::read::{AudioReader, open_samples};
use crate::signal::Finishing;
use crate::signal::loudness::Reread;
use crate::tags::Tags;
use crate::write::{AudioWriter, create};

/// Reads all of `reader`, enhances it in `session`, and writes the result to `writer`. The session
/// must be new and have the reader's rate and channels. Memory is bounded however long the audio
/// is. After an error, the written data is not a complete file.
///
/// # Errors
/// The errors of [`AudioReader::read`], [`Session::pull`] and [`AudioWriter::write`]; `InvalidValue`
/// for a reader without channels or sample rate, or one that gives other planes than it reports.
pub fn enhance(
    reader: &mut dyn AudioReader,
    session: &mut Session,
    writer: &mut dyn AudioWriter,
) -> Result<Summary> {
    pollster::block_on(enhance_async(reader, session, writer, async || {}))
}

/// [`enhance`] for async code with any runtime. As long as enhanced audio is ready, it does not
/// yield by itself. So it awaits `pause` after each block, which must let other tasks of the thread
/// run.
///
/// # Errors
/// The errors of [`enhance`].
pub async fn enhance_async(
    reader: &mut dyn AudioReader,
    session: &mut Session,
    writer: &mut dyn AudioWriter,
    mut pause: impl AsyncFnMut(),
) -> Result<Summary> {
    let mut source = Source::new(reader)?;
    loop {
        source.fill(session)?;
        match session.pull_async().await? {
            Some(planes) => writer.write(&planes)?,
            None if source.ended => break,
            None => {}
        }
        pause().await;
    }
    writer.finish()?;
    let mut summary = Summary::new(session.progress().enhanced, source.reader);
    summary.note_fall(session.fall());
    summary.note_clipping(writer.clipping());
    Ok(summary)
}

/// [`enhance_async`], with the result levelled and normalised to a loudness, if that is requested.
/// This takes further passes, quick ones, over the whole result. Until then the result is in a
/// temporary file, 4 bytes per sample, which `temporary` creates. The session only reports the
/// progress of the first pass.
///
/// # Errors
/// The errors of [`enhance`], `Write` if the temporary file cannot be created or is full, and
/// `InvalidValue` if audio with this rate or number of channels cannot be measured.
pub(crate) async fn enhance_finished_async<T: Read + Write + Seek + Send>(
    reader: &mut dyn AudioReader,
    session: &mut Session,
    writer: &mut dyn AudioWriter,
    finishing: Finishing,
    temporary: impl FnOnce() -> io::Result<T>,
    mut pause: impl AsyncFnMut(),
) -> Result<Summary> {
    if finishing.is_nothing() {
        return enhance_async(reader, session, writer, pause).await;
    }
    let raw = AudioFormat {
        container: Container::Raw,
        sample_format: SampleFormat::F32le,
        ..*reader.format()
    };
    let mut first = FirstPass::new(finishing, &raw)?;
    let mut file = temporary().map_err(Error::write)?;
    let mut summary = {
        let writer = create(&mut file, &raw, &Tags::default())?;
        let mut heard = Heard { writer, first: &mut first };
        enhance_async(reader, session, &mut heard, &mut pause).await?
    };

    let mut whole = Whole { file, format: raw };
    let each_block = async |_| {
        pause().await;
        session.check()
    };
    let (_, finished) = finish_async(&mut whole, first, writer, each_block).await?;
    summary.note_finished(&finished);
    summary.note_clipping(writer.clipping());
    Ok(summary)
}

/// A whole result, in a temporary file.
struct Whole<T> {
    file: T,
    format: AudioFormat,
}

impl<T: Read + Seek + Send> Reread for Whole<T> {
    fn reader(&mut self) -> Result<Box<dyn AudioReader + '_>> {
        open_samples(&mut self.file, self.format)
    }
}

/// [`enhance_finished_async`] for tests, which wait for it.
#[cfg(test)]
pub(crate) fn enhance_finished<T: Read + Write + Seek + Send>(
    reader: &mut dyn AudioReader,
    session: &mut Session,
    writer: &mut dyn AudioWriter,
    finishing: Finishing,
    temporary: impl FnOnce() -> io::Result<T>,
) -> Result<Summary> {
    let work = enhance_finished_async(reader, session, writer, finishing, temporary, async || {});
    pollster::block_on(work)
}

/// A writer that also passes the samples to the first pass.
struct Heard<'a> {
    writer: Box<dyn AudioWriter + 'a>,
    first: &'a mut FirstPass,
}

impl AudioWriter for Heard<'_> {
    fn write(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        self.first.push(planes)?;
        self.writer.write(planes)
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.finish()
    }
}

/// A reader, with the block that is being pushed.
struct Source<'a> {
    reader: &'a mut dyn AudioReader,
    block: Planes,
    /// How many samples of each plane of the block were pushed.
    pushed: usize,
    ended: bool,
}

impl<'a> Source<'a> {
    fn new(reader: &'a mut dyn AudioReader) -> Result<Self> {
        let format = reader.format();
        format.check()?;
        let block = vec![Vec::new(); format.channels.into()];
        Ok(Source { reader, block, pushed: 0, ended: false })
    }

    /// Pushes until the session's window is full or the reader has ended.
    fn fill(&mut self, session: &mut Session) -> Result<()> {
        while !self.ended {
            if self.pushed == self.block[0].len() && self.next_block()? == 0 {
                self.ended = true;
                session.finish()?;
                return Ok(());
            }
            let rest: Vec<_> = self.block.iter().map(|plane| &plane[self.pushed..]).collect();
            let taken = session.push(&rest)?;
            if taken == 0 {
                return Ok(());
            }
            self.pushed += taken;
        }
        Ok(())
    }

    fn next_block(&mut self) -> Result<usize> {
        self.pushed = 0;
        self.block.iter_mut().for_each(Vec::clear);
        let came = self.reader.read(&mut self.block, BLOCK)?;
        // A reader of others may do otherwise.
        check_planes(self.block.len(), self.reader.format().channels)?;
        let len = plane_len(&self.block)?;
        if len != came {
            return Err(Error::invalid("the number of samples that a reader gave", came, len));
        }
        Ok(came)
    }
}
