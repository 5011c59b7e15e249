//! Applies the gains of a curve to the output of a reader.

use super::Curve;
use crate::audio::Planes;
use crate::error::Result;
use crate::read::{AudioReader, forward_source};
use crate::signal::loudness::Reread;

/// Audio that can be read several times, with the gains of a curve if there is one.
pub(crate) struct Evened<'a, A> {
    audio: &'a mut A,
    curve: Option<Curve>,
}

impl<'a, A: Reread> Evened<'a, A> {
    pub(crate) fn new(audio: &'a mut A, curve: Option<Curve>) -> Evened<'a, A> {
        Evened { audio, curve }
    }
}

impl<A: Reread> Reread for Evened<'_, A> {
    fn reader(&mut self) -> Result<Box<dyn AudioReader + '_>> {
        let reader = self.audio.reader()?;
        Ok(match &self.curve {
            Some(curve) => Box::new(EvenedReader { reader, curve, read: 0 }),
            None => reader,
        })
    }
}

/// Reads the same number of samples as another reader, and applies the same gains to all channels.
struct EvenedReader<'a> {
    reader: Box<dyn AudioReader + 'a>,
    curve: &'a Curve,
    /// Samples per channel that were read.
    read: u64,
}

impl AudioReader for EvenedReader<'_> {
    forward_source!(reader);

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        let there = planes[0].len();
        let came = self.reader.read(planes, max)?;
        let rate = self.reader.format().sample_rate;
        let gains = (self.read..).take(came).map(|n| self.curve.gain(n, rate));
        let gains: Vec<f32> = gains.collect();
        for plane in planes {
            plane[there..].iter_mut().zip(&gains).for_each(|(sample, gain)| *sample *= gain);
        }
        self.read += came as u64;
        Ok(came)
    }
}
