//! The whole way of a recording: read, enhance, write, block by block.

use serde::Serialize;

use crate::audio::{Planes, duration};
use crate::decode::{AudioReader, Damage};
use crate::encode::AudioWriter;
use crate::enhancer::Session;
use crate::error::Result;

/// Samples of one channel that are read at once.
const BLOCK: usize = 16_384;

/// What was enhanced.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Samples of each channel.
    pub samples: u64,
    /// Channels.
    pub channels: u16,
    /// Samples per second.
    pub sample_rate: u32,
    /// How long the audio plays, in seconds.
    pub duration_seconds: f64,
    /// Whether the source is a video, of which this is the audio.
    pub video: bool,
    /// What of the source was broken, if anything was.
    pub damage: Option<Damage>,
}

/// Reads all of `reader`, enhances it in `session`, which must be new and of the
/// reader's rate and channels, and writes the result to `writer`. Memory stays
/// bounded however long the audio is. On an error what was written is no whole
/// file.
///
/// # Errors
/// Those of [`AudioReader::read`], [`Session::pull`] and [`AudioWriter::write`].
pub fn enhance(
    reader: &mut dyn AudioReader,
    session: &mut Session,
    writer: &mut dyn AudioWriter,
) -> Result<Summary> {
    pollster::block_on(enhance_async(reader, session, writer, async || {}))
}

/// [`enhance`] for async code, whatever its runtime. While enhanced audio is at
/// hand it does not wait for anything, so it awaits `pause` after each block:
/// whatever lets other tasks of the thread run.
///
/// # Errors
/// Those of [`enhance`].
pub async fn enhance_async(
    reader: &mut dyn AudioReader,
    session: &mut Session,
    writer: &mut dyn AudioWriter,
    mut pause: impl AsyncFnMut(),
) -> Result<Summary> {
    let mut source = Source::new(reader);
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
    let samples = session.progress().enhanced;
    let format = source.reader.format();
    Ok(Summary {
        samples,
        channels: format.channels,
        sample_rate: format.sample_rate,
        duration_seconds: duration(samples, format.sample_rate).as_secs_f64(),
        video: source.reader.has_video(),
        damage: source.reader.damage().cloned(),
    })
}

/// A reader with the block of it that is being pushed.
struct Source<'a> {
    reader: &'a mut dyn AudioReader,
    block: Planes,
    /// How much of each plane of the block was pushed.
    pushed: usize,
    ended: bool,
}

impl<'a> Source<'a> {
    fn new(reader: &'a mut dyn AudioReader) -> Self {
        let block = vec![Vec::new(); reader.format().channels.into()];
        Source { reader, block, pushed: 0, ended: false }
    }

    /// Pushes until the session's window is full or the reader at its end.
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
        self.reader.read(&mut self.block, BLOCK)
    }
}
