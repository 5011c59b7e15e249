//! Streaming conversion between sample rates, with rubato: block by block in the frequency domain,
//! with the filter's delay removed.

use std::mem;

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::{Planes, append};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// The minimum size of a block in samples of the lower rate, as far as [`MAX_BLOCK`] allows. The
/// filter then passes 97 % of its band.
const LEAST_BLOCK: usize = 1024;

/// The maximum size of a block in samples of the higher rate. It holds two periods of any pair of
/// rates up to 65 536 Hz.
const MAX_BLOCK: usize = 1 << 17;

/// The ratio of two sample rates as a fraction in lowest terms.
///
/// It is exact if both terms are at most 65 536. The ratio of higher rates without a large common
/// divisor is replaced by its nearest convergent (of the continued fraction) with such terms. The
/// error is at most 16 parts per million, less than that of the clocks of sound cards. Converting
/// there and back is exact, since both ways use the same fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ratio {
    from: usize,
    to: usize,
}

impl Ratio {
    fn new(from: u32, to: u32) -> Ratio {
        // The convergents of the continued fraction of from/to. Each is nearer to it than the one
        // before. The last one is from/to in lowest terms.
        let (mut rest, mut last) = (u64::from(from), u64::from(to));
        let (mut best, mut before) = ((1, 0), (0, 1));
        while last > 0 {
            let quotient = rest / last;
            let next = (quotient * best.0 + before.0, quotient * best.1 + before.1);
            if next.0.max(next.1) > MAX_BLOCK as u64 / 2 && best.0 > 0 && best.1 > 0 {
                break;
            }
            (before, best) = (best, next);
            (rest, last) = (last, rest % last);
        }
        Ratio { from: best.0 as usize, to: best.1 as usize }
    }

    /// The number of multiples of the terms in a block. It is even, so that the filter's delay,
    /// half a block, is a whole number of samples at both rates.
    fn terms_in_block(self) -> usize {
        let (low, high) = (self.from.min(self.to), self.from.max(self.to));
        let wanted = LEAST_BLOCK.div_ceil(low).next_multiple_of(2);
        let most = MAX_BLOCK / high / 2 * 2;
        wanted.min(most).max(2)
    }
}

/// Converts planar audio from one sample rate to another, aligned: sample `n` of the output is the
/// input at the same time. The input is silent before its beginning and after its end.
///
/// It accepts samples in any portions; the output is bit for bit the same. Converting there and
/// back restores the timing exactly. Frequencies up to 95 % of half the lower rate pass unchanged.
/// Frequencies above half the lower rate are attenuated by more than 100 dB. Because the size of a
/// block is bounded, the band that passes gets narrower if one rate is below about 360 Hz and the
/// other is 48 kHz.
///
/// It holds a few blocks per channel. For usual rates a block has a few thousand samples. It has at
/// most 131 072 samples of the higher rate, if that is at most 65 536 times the lower rate.
pub(crate) struct Resampler {
    ratio: Ratio,
    fft: Fft<f32>,
    /// The input samples of the next block so far.
    pending: Planes,
    /// The output of the last block.
    block: Planes,
    /// Output that was not taken yet.
    ready: Planes,
    /// Output samples that are still to be dropped: the filter's delay.
    delay: usize,
    /// Output samples that were taken or are ready.
    made: u64,
}

impl Resampler {
    /// Creates a resampler for `channels` channels, at least 1, from `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// `InvalidValue` if one of the rates is 0 or above [`Limits::SAMPLE_RATE`].
    pub(crate) fn new(from: u32, to: u32, channels: usize) -> Result<Resampler> {
        for rate in [from, to] {
            if !(1..=Limits::SAMPLE_RATE).contains(&rate) {
                let expected = format!("1 to {} Hz", Limits::SAMPLE_RATE);
                return Err(Error::invalid("the sample rate", expected, format!("{rate} Hz")));
            }
        }
        let ratio = Ratio::new(from, to);
        let terms = ratio.terms_in_block();
        let fft = Fft::new_custom(
            ratio.from,
            ratio.to,
            ratio.from * terms,
            1,
            channels,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(failed)?;
        Ok(Resampler {
            ratio,
            pending: vec![Vec::with_capacity(fft.input_frames_max()); channels],
            block: vec![vec![0.0; fft.output_frames_max()]; channels],
            ready: vec![Vec::new(); channels],
            delay: fft.output_delay(),
            made: 0,
            fft,
        })
    }

    /// The number of output samples for this many input samples, rounded up.
    pub(crate) fn output_len(&self, input: u64) -> u64 {
        scaled(input, self.ratio.to, self.ratio.from)
    }

    /// The number of input samples for this many output samples, rounded up.
    pub(crate) fn input_len(&self, output: u64) -> u64 {
        scaled(output, self.ratio.from, self.ratio.to)
    }

    /// Takes samples and returns the output that is ready.
    ///
    /// # Errors
    /// `Resampling` if the library refuses a block, which should not happen.
    pub(crate) fn push(&mut self, planes: &[impl AsRef<[f32]>]) -> Result<Planes> {
        let len = planes[0].as_ref().len();
        let block = self.fft.input_frames_max();
        let mut taken = 0;
        while taken < len {
            let more = (block - self.pending[0].len()).min(len - taken);
            let part: Vec<_> = planes.iter().map(|p| &p.as_ref()[taken..taken + more]).collect();
            append(&mut self.pending, &part);
            taken += more;
            if self.pending[0].len() == block {
                self.convert()?;
            }
        }
        Ok(self.take())
    }

    /// Ends the input and returns the rest of the output. The whole output then has `len` samples,
    /// or as many as were already returned. Nothing may be pushed after that.
    ///
    /// # Errors
    /// The errors of [`push`](Self::push).
    pub(crate) fn finish(&mut self, len: u64) -> Result<Planes> {
        while self.made < len {
            let block = self.fft.input_frames_max();
            self.pending.iter_mut().for_each(|plane| plane.resize(block, 0.0));
            self.convert()?;
        }
        let excess = (self.made - len) as usize;
        for plane in &mut self.ready {
            plane.truncate(plane.len().saturating_sub(excess));
        }
        self.made = self.made.min(len);
        Ok(self.take())
    }

    /// Makes a block of output from a full block of input.
    fn convert(&mut self) -> Result<()> {
        let channels = self.pending.len();
        let input = SequentialSliceOfVecs::new(&self.pending, channels, self.pending[0].len());
        let len = self.block[0].len();
        let output = SequentialSliceOfVecs::new_mut(&mut self.block, channels, len);
        let (input, mut output) = (input.map_err(failed)?, output.map_err(failed)?);
        self.fft.process_into_buffer(&input, &mut output, None).map_err(failed)?;
        let late = mem::take(&mut self.delay).min(len);
        for (ready, block) in self.ready.iter_mut().zip(&self.block) {
            ready.extend_from_slice(&block[late..]);
        }
        self.made += (len - late) as u64;
        self.pending.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    fn take(&mut self) -> Planes {
        self.ready.iter_mut().map(mem::take).collect()
    }
}

/// `len · by / per`, rounded up.
fn scaled(len: u64, by: usize, per: usize) -> u64 {
    let scaled = (u128::from(len) * by as u128).div_ceil(per as u128);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

fn failed(error: impl ToString) -> Error {
    ErrorKind::Resampling { reason: error.to_string() }.into()
}

#[cfg(test)]
mod tests;
