//! Converts streams that continue with another sample rate or other channels to the format of the
//! first one. Radio recordings and joined files do that.

use super::codec::Block;
use crate::audio::{AudioFormat, Planes, Resampler};
use crate::error::Result;
use crate::warning::{Warning, WarningCode};

/// Converts audio to another rate and number of channels.
pub(in crate::read) struct Adapter {
    /// The format of the input.
    rate: u32,
    channels: usize,
    /// The format of the output.
    to_rate: u32,
    to_channels: usize,
    resampler: Option<Resampler>,
    received: u64,
}

impl Adapter {
    /// Creates an adapter from one format to another. Only rates and channels matter.
    ///
    /// # Errors
    /// `InvalidValue` if a rate cannot be converted.
    pub(in crate::read) fn new(from: &AudioFormat, to: &AudioFormat) -> Result<Adapter> {
        let (rate, channels) = (from.sample_rate, usize::from(from.channels));
        let (to_rate, to_channels) = (to.sample_rate, usize::from(to.channels));
        let resampler =
            (rate != to_rate).then(|| Resampler::new(rate, to_rate, channels)).transpose()?;
        Ok(Adapter { rate, channels, to_rate, to_channels, resampler, received: 0 })
    }

    /// The warning that the source continues in the input's format, from this second on.
    pub(in crate::read) fn note(&self, at: f64) -> Warning {
        let Adapter { rate, channels, to_rate, to_channels, .. } = self;
        let text = format!(
            "from {at:.2} s on the source has {channels} channels at {rate} Hz, which were \
             converted to {to_channels} at {to_rate} Hz"
        );
        Warning { code: WarningCode::FormatChanges, text }
    }

    /// Whether the block has the input's format.
    pub(super) fn fits(&self, block: &Block) -> bool {
        (block.sample_rate, block.planes.len()) == (self.rate, self.channels)
    }

    /// Converts the block. Its length may change.
    ///
    /// # Errors
    /// `Resampling` if the conversion fails.
    pub(in crate::read) fn convert(&mut self, block: &mut Block) -> Result<()> {
        self.received += block.len() as u64;
        if let Some(resampler) = &mut self.resampler {
            block.planes = resampler.push(&block.planes)?;
        }
        block.planes = with_channels(std::mem::take(&mut block.planes), self.to_channels);
        block.sample_rate = self.to_rate;
        Ok(())
    }

    /// Ends the input and returns the rest.
    ///
    /// # Errors
    /// `Resampling` if the conversion fails.
    pub(in crate::read) fn finish(mut self) -> Result<Planes> {
        let rest = match &mut self.resampler {
            Some(resampler) => resampler.finish(resampler.output_len(self.received))?,
            None => Planes::new(),
        };
        Ok(with_channels(rest, self.to_channels))
    }
}

/// Converts audio to this number of channels. One output channel is the mean of all; one input
/// channel goes to the first two. Otherwise channels are dropped, or silent ones are added.
fn with_channels(mut planes: Planes, channels: usize) -> Planes {
    let (have, len) = (planes.len(), planes.first().map_or(0, Vec::len));
    match (have, channels) {
        (2.., 1) => {
            let mean = |n: usize| planes.iter().map(|plane| plane[n]).sum::<f32>() / have as f32;
            vec![(0..len).map(mean).collect()]
        }
        (1, 2..) => {
            planes.push(planes[0].clone());
            planes.resize(channels, vec![0.0; len]);
            planes
        }
        _ => {
            planes.resize(channels, vec![0.0; len]);
            planes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::audio::SampleFormat;

    fn block(sample_rate: u32, planes: Planes) -> Block {
        Block { planes, sample_rate, channel_mask: 0 }
    }

    fn raw(sample_rate: u32, channels: usize) -> AudioFormat {
        AudioFormat::raw(SampleFormat::F32le, sample_rate, channels as u16)
    }

    #[test]
    fn channels_are_mixed_copied_left_out_or_silent() {
        let one = |sample: f32| vec![sample];
        for (from, to) in [
            (vec![vec![1.0, 2.0], vec![3.0, 6.0]], vec![vec![2.0, 4.0]]),
            (vec![one(1.0)], vec![one(1.0), one(1.0)]),
            (vec![one(1.0)], vec![one(1.0), one(1.0), one(0.0)]),
            (vec![one(1.0), one(2.0), one(3.0)], vec![one(1.0), one(2.0)]),
            (vec![one(1.0), one(2.0)], vec![one(1.0), one(2.0), one(0.0)]),
        ] {
            let mut block = block(8000, from);
            let format = raw(8000, block.planes.len());
            let mut adapter = Adapter::new(&format, &raw(8000, to.len())).unwrap();
            assert!(adapter.fits(&block));
            adapter.convert(&mut block).unwrap();
            assert_eq!((block.planes, block.sample_rate), (to, 8000));
            assert!(adapter.finish().unwrap().iter().all(Vec::is_empty));
        }
    }

    #[test]
    fn the_length_is_that_of_the_time_at_the_new_rate() {
        let mut adapter = Adapter::new(&raw(44_100, 1), &raw(48_000, 2)).unwrap();
        let mut made = 0;
        for len in [1, 1000, 44_100, 7] {
            let mut block = block(44_100, vec![vec![0.5; len]]);
            adapter.convert(&mut block).unwrap();
            assert_eq!(block.planes.len(), 2);
            made += block.len();
        }
        let rest = adapter.finish().unwrap();
        assert_eq!(made + rest[0].len(), (45_108u64 * 48_000).div_ceil(44_100) as usize);
        assert_eq!(rest[0], rest[1]);
    }
}
