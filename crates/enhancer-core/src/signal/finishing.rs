//! Processing that needs the whole result: levelling, then the loudness.

use super::leveller::{Evened, Listener};
use super::loudness::{Loudness, LoudnessMeter, Reached, Reread, level_async};
use super::{copy_async, read_async};
use crate::audio::AudioFormat;
use crate::error::Result;
use crate::write::AudioWriter;

/// Processing that needs the whole result. It takes further passes, which are quick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Finishing {
    /// See [`EnhanceOptions::level`](crate::EnhanceOptions::level).
    pub level: bool,
    /// See [`EnhanceOptions::loudness`](crate::EnhanceOptions::loudness).
    pub loudness: Option<Loudness>,
}

/// The outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Finished {
    /// The loudness that was reached, if one was requested.
    pub loudness: Option<Reached>,
    /// Why the result was not levelled, if levelling was requested and it was not.
    pub not_levelled: Option<NotLevelled>,
}

/// Why a result was not levelled although that was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotLevelled {
    /// It has no samples.
    Empty,
    /// It is silent.
    Silent,
    /// It has less than a second of speech.
    TooLittleSpeech,
}

impl Finishing {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Finishing::default()
    }
}

/// Listens to the whole result in the first pass.
pub(crate) struct FirstPass {
    finishing: Finishing,
    listener: Option<Listener>,
    meter: LoudnessMeter,
}

impl FirstPass {
    /// # Errors
    /// The errors of [`LoudnessMeter::new`].
    pub(crate) fn new(finishing: Finishing, format: &AudioFormat) -> Result<FirstPass> {
        let listener = finishing.level.then(|| Listener::new(format)).transpose()?;
        Ok(FirstPass { finishing, listener, meter: LoudnessMeter::new(format)? })
    }

    /// Takes the next samples.
    pub(crate) fn push(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        match &mut self.listener {
            Some(listener) => listener.push(planes),
            None => self.meter.push(planes),
        }
    }
}

/// Writes all of `audio`, which `first` has heard completely, and completes the file. See
/// [`level_async`] for `each_block` and the returned number.
pub(crate) async fn finish_async(
    audio: &mut impl Reread,
    first: FirstPass,
    writer: &mut dyn AudioWriter,
    mut each_block: impl AsyncFnMut(Option<u64>) -> Result<()>,
) -> Result<(u64, Finished)> {
    let FirstPass { finishing, listener, mut meter } = first;
    let Some(listener) = listener else {
        return finish_loudness(audio, finishing.loudness, &meter, false, writer, each_block).await;
    };
    let curve = listener.finish()?;
    let not_levelled = curve.as_ref().err().copied();
    let mut evened = Evened::new(audio, curve.ok());
    if finishing.loudness.is_some() {
        let measured = async |_| each_block(None).await;
        read_async(&mut *evened.reader()?, |planes| meter.push(planes), measured).await?;
    }
    let limited = not_levelled.is_none();
    let work =
        finish_loudness(&mut evened, finishing.loudness, &meter, limited, writer, each_block);
    let (samples, finished) = work.await?;
    Ok((samples, Finished { not_levelled, ..finished }))
}

/// Writes audio at the requested loudness, or unchanged if none is requested. If it is `limited`,
/// true peaks stay below -1 dBTP even without a loudness.
async fn finish_loudness(
    audio: &mut impl Reread,
    loudness: Option<Loudness>,
    meter: &LoudnessMeter,
    limited: bool,
    writer: &mut dyn AudioWriter,
    mut each_block: impl AsyncFnMut(Option<u64>) -> Result<()>,
) -> Result<(u64, Finished)> {
    if let Some(target) = loudness {
        let (samples, reached) = level_async(audio, meter, target, writer, each_block).await?;
        return Ok((samples, Finished { loudness: Some(reached), ..Finished::default() }));
    }
    let mut reader = audio.reader()?;
    let written = async |n| each_block(Some(n)).await;
    let samples = copy_async(&mut *reader, limited.then_some(1.0), writer, written).await?;
    Ok((samples, Finished::default()))
}
