//! Changes the level of the output of a reader.

use super::limiter::Limiter;
use crate::audio::{BLOCK, Planes, append};
use crate::error::Result;
use crate::read::{AudioReader, forward_source};
use crate::signal::finite;

/// Reads the same number of samples as another reader, with one gain and the limiter applied. NaN
/// becomes 0.
pub(crate) struct Levelled<'a> {
    reader: &'a mut dyn AudioReader,
    gain: f32,
    limiter: Limiter,
    /// Limited samples that were not read yet.
    ready: Planes,
    ended: bool,
}

impl<'a> Levelled<'a> {
    /// `gain` is a factor.
    pub(crate) fn new(reader: &'a mut dyn AudioReader, gain: f32) -> Levelled<'a> {
        let channels = reader.format().channels.into();
        let limiter = Limiter::new(reader.format().sample_rate, channels);
        Levelled { reader, gain, limiter, ready: vec![Vec::new(); channels], ended: false }
    }

    /// Makes the next samples ready, or notes the end.
    fn next(&mut self) -> Result<()> {
        let mut block = vec![Vec::new(); self.ready.len()];
        self.ended = self.reader.read(&mut block, BLOCK)? == 0;
        block.iter_mut().flatten().for_each(|sample| *sample = finite(*sample) * self.gain);
        let limited = if self.ended { self.limiter.finish() } else { self.limiter.push(&block) };
        append(&mut self.ready, &limited);
        Ok(())
    }
}

impl AudioReader for Levelled<'_> {
    forward_source!(reader);

    fn read(&mut self, planes: &mut Planes, max: usize) -> Result<usize> {
        while self.ready[0].len() < max && !self.ended {
            self.next()?;
        }
        let len = max.min(self.ready[0].len());
        for (plane, ready) in planes.iter_mut().zip(&mut self.ready) {
            plane.extend(ready.drain(..len));
        }
        Ok(len)
    }
}
