//! A take: the input and what the model made of it, from which every mix of both can
//! be rendered without the model.

use std::io::{Read, Seek};

use crate::audio::{AudioFormat, Planes, SampleFormat};
use crate::engine::Progress;
use crate::error::{Error, Result};
use crate::read::{AudioReader, open_samples};
use crate::signal::loudness::Reread;
use crate::signal::{
    Blend, Controls, Finished, Finishing, FirstPass, copy_async, finish_async, read_async,
};
use crate::write::AudioWriter;

/// How a take of audio of that format is stored: raw 32-bit float samples, of each
/// frame first the input's channels, then the enhanced ones, as a session with
/// [`SessionOptions::with_input`](crate::SessionOptions::with_input) gives them.
///
/// # Errors
/// `InvalidValue` if the rate or the number of channels is 0, or if there are more than 32 767
/// channels.
pub fn take_format(format: &AudioFormat) -> Result<AudioFormat> {
    format.check()?;
    let channels = format.channels.checked_mul(2).ok_or_else(|| {
        Error::invalid("the number of channels", "at most 32767 in a take", format.channels)
    })?;
    Ok(AudioFormat::raw(SampleFormat::F32le, format.sample_rate, channels))
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
