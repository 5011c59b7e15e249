//! The passes over a complete result: levelling, loudness, and writing.

use crate::audio::AudioFormat;
use crate::error::Result;
use crate::read::AudioReader;
use crate::signal::leveller::{Evened, Listener};
use crate::signal::loudness::{Levelled, Loudness, LoudnessMeter, Reread, reach_async};
use crate::signal::{Finished, Finishing, read_async};
use crate::write::AudioWriter;

/// Measures the whole result in the first pass.
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

/// Writes all of `audio`, which `first` has measured, and completes the file. `each_block` is
/// awaited after each block: with `None` after a measured block, and with the number of samples so far
/// after a written block. Its error ends the work. Returns the number of samples per channel, and the
/// outcome of the levelling and of the loudness.
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
    let (mut gain, mut finished) = (limited.then_some(1.0), Finished::default());
    if let Some(target) = loudness {
        let measured = async || each_block(None).await;
        let (reached, factor) = reach_async(audio, meter, target, measured).await?;
        (gain, finished.loudness) = (factor, Some(reached));
    }
    let mut reader = audio.reader()?;
    let written = async |n| each_block(Some(n)).await;
    let samples = copy_async(&mut *reader, gain, writer, written).await?;
    Ok((samples, finished))
}

/// Writes all samples of a reader and completes the file. If there is a gain, the samples pass through
/// it and the limiter. Returns the number of samples per channel. See [`read_async`] for `each_block`.
pub(crate) async fn copy_async(
    reader: &mut dyn AudioReader,
    gain: Option<f32>,
    writer: &mut dyn AudioWriter,
    each_block: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<u64> {
    let write = |planes: &[Vec<f32>]| writer.write(planes);
    let copied = match gain {
        Some(gain) => read_async(&mut Levelled::new(reader, gain), write, each_block).await?,
        None => read_async(reader, write, each_block).await?,
    };
    writer.finish()?;
    Ok(copied)
}
