//! Peaks for drawing a waveform.

use super::plane_len;
use crate::error::Result;
use crate::limits::check_not_zero;

/// The peaks of a stream of audio: the largest magnitude over all channels in each block of
/// 1/100 s. The last block may be shorter.
#[derive(Clone, Debug)]
pub struct Peaks {
    sample_rate: u64,
    /// The number of samples so far.
    samples: u64,
    /// The peaks of all blocks. The last one may not be complete.
    blocks: Vec<f32>,
}

impl Peaks {
    /// Blocks for each second.
    pub const PER_SECOND: u32 = 100;

    /// Starts with no audio. `sample_rate` is in Hz.
    ///
    /// # Errors
    /// `InvalidValue` if the rate is 0.
    pub fn new(sample_rate: u32) -> Result<Peaks> {
        check_not_zero(sample_rate, 1)?;
        Ok(Peaks { sample_rate: sample_rate.into(), samples: 0, blocks: Vec::new() })
    }

    /// Adds the next samples: `planes[channel]`, all of equal length.
    ///
    /// # Errors
    /// `InvalidValue` if they differ in length.
    pub fn push(&mut self, planes: &[Vec<f32>]) -> Result<()> {
        let len = plane_len(planes)?;
        let mut from = 0;
        while from < len {
            let block = self.samples * PER_SECOND / self.sample_rate;
            // The index of the first sample of the next block, counted from the start of the audio.
            let end = ((block + 1) * self.sample_rate).div_ceil(PER_SECOND);
            let to = len.min(from + (end - self.samples) as usize);
            self.blocks.resize(block as usize + 1, 0.0);
            self.blocks[block as usize] =
                magnitudes(planes, from, to).fold(self.blocks[block as usize], f32::max);
            self.samples += (to - from) as u64;
            from = to;
        }
        Ok(())
    }

    /// The peaks of the complete blocks, which do not change any more.
    pub fn complete(&self) -> &[f32] {
        let complete = self.samples * PER_SECOND / self.sample_rate;
        &self.blocks[..(complete as usize).min(self.blocks.len())]
    }

    /// The peaks of all blocks.
    pub fn all(&self) -> &[f32] {
        &self.blocks
    }
}

/// The same as `u64`, for arithmetic with sample counts.
const PER_SECOND: u64 = Peaks::PER_SECOND as u64;

fn magnitudes(planes: &[Vec<f32>], from: usize, to: usize) -> impl Iterator<Item = f32> {
    planes.iter().flat_map(move |plane| &plane[from..to]).map(|sample| sample.abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn audio_without_a_rate_and_planes_of_two_lengths_are_refused() {
        assert_eq!(Peaks::new(0).unwrap_err().code(), "invalid_value");
        let error = Peaks::new(8000).unwrap().push(&[vec![0.0; 2], vec![0.0; 1]]).unwrap_err();
        assert_eq!(error.code(), "invalid_value");
    }

    proptest! {
        #[test]
        fn each_is_the_largest_of_its_hundredth_of_a_second(
            samples in proptest::collection::vec(-1f32..1.0, 1..3000),
            rate in prop::sample::select(vec![50u32, 100, 8_000, 11_025, 22_050, 44_100]),
            chunk in 1usize..700,
        ) {
            let mut peaks = Peaks::new(rate).unwrap();
            for part in samples.chunks(chunk) {
                let before = peaks.complete().to_vec();
                let halved = part.iter().map(|sample| -sample / 2.0).collect();
                peaks.push(&[halved, part.to_vec()]).unwrap();
                prop_assert_eq!(&peaks.complete()[..before.len()], &before[..]);
            }
            let block = |n: usize| n as u64 * 100 / u64::from(rate);
            let mut expected = vec![0f32; block(samples.len() - 1) as usize + 1];
            for (n, sample) in samples.iter().enumerate() {
                let peak = &mut expected[block(n) as usize];
                *peak = peak.max(sample.abs());
            }
            prop_assert_eq!(peaks.all(), &expected[..]);
            let complete = (block(samples.len()) as usize).min(expected.len());
            prop_assert_eq!(peaks.complete(), &expected[..complete]);
        }
    }
}
