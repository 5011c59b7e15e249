//! PCM in videos: interleaved samples, in pieces of equal length.

use super::quantize::Quantizer;
use super::{Clipping, checked_len};
use crate::audio::{AudioFormat, Pcm};
use crate::error::Result;

/// Pieces per second, if that makes whole samples: each piece then begins at a whole millisecond.
const PIECES: u32 = 25;

/// Encodes samples, piece by piece.
pub(crate) struct Pieces {
    format: AudioFormat,
    pcm: Pcm,
    quantizer: Quantizer,
    /// Samples per channel in a piece.
    piece: u32,
    /// Samples per channel at the beginning that are still to be skipped.
    skip: u64,
    /// Samples per channel so far, without the skipped ones.
    samples: u64,
    pending: Vec<u8>,
}

impl Pieces {
    /// Creates pieces that skip this many samples per channel at the beginning.
    pub(crate) fn new(format: &AudioFormat, pcm: Pcm, skip: u64) -> Pieces {
        Pieces {
            format: *format,
            pcm,
            quantizer: Quantizer::new(pcm.sample_format),
            piece: (format.sample_rate / PIECES).max(1),
            skip,
            samples: 0,
            pending: Vec::new(),
        }
    }

    pub(crate) fn pcm(&self) -> Pcm {
        self.pcm
    }

    pub(crate) fn rate(&self) -> u32 {
        self.format.sample_rate
    }

    pub(crate) fn channels(&self) -> u16 {
        self.format.channels
    }

    /// Samples per channel in a piece. The last piece may have fewer.
    pub(crate) fn piece(&self) -> u32 {
        self.piece
    }

    /// Samples per channel so far.
    pub(crate) fn samples(&self) -> u64 {
        self.samples
    }

    pub(crate) fn clipping(&self) -> Option<Clipping> {
        self.quantizer.clipping(self.format.sample_rate)
    }

    fn frame_bytes(&self) -> usize {
        self.pcm.bytes() * usize::from(self.format.channels)
    }

    /// Encodes samples, `planes[channel]`, and passes the pieces that are ready to `take`.
    ///
    /// # Errors
    /// `InvalidValue` if the planes do not match the format, and those of `take`.
    pub(crate) fn push(
        &mut self,
        planes: &[Vec<f32>],
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let len = checked_len(&self.format, planes)?;
        let mut samples = Vec::new();
        self.quantizer.append_bytes(planes, len, &mut samples);
        let skipped = self.skip.min(len as u64);
        self.skip -= skipped;
        self.samples += len as u64 - skipped;
        let width = self.pcm.sample_format.bytes() * usize::from(self.format.channels);
        self.pcm.append(&samples[skipped as usize * width..], &mut self.pending);
        let piece = self.piece as usize * self.frame_bytes();
        let whole = self.pending.len() / piece * piece;
        self.pending[..whole].chunks_exact(piece).try_for_each(&mut take)?;
        self.pending.drain(..whole);
        Ok(())
    }

    /// Passes the rest to `take`.
    ///
    /// # Errors
    /// The errors of `take`.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let rest = std::mem::take(&mut self.pending);
        if rest.is_empty() { Ok(()) } else { take(&rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::SampleFormat;

    fn stored(pcm: Pcm, rate: u32, skip: u64, planes: &[Vec<f32>]) -> Vec<Vec<u8>> {
        let format = AudioFormat::raw(pcm.sample_format, rate, planes.len() as u16);
        let mut pieces = Pieces::new(&format, pcm, skip);
        let mut taken: Vec<Vec<u8>> = Vec::new();
        for n in 0..planes[0].len() {
            let one: Vec<_> = planes.iter().map(|plane| vec![plane[n]]).collect();
            let mut take = |piece: &[u8]| {
                taken.push(piece.into());
                Ok(())
            };
            pieces.push(&one, &mut take).unwrap();
        }
        let take = |piece: &[u8]| {
            taken.push(piece.into());
            Ok(())
        };
        pieces.finish(take).unwrap();
        assert_eq!(pieces.samples() + skip, planes[0].len() as u64);
        taken
    }

    #[test]
    fn samples_are_stored_in_either_order_and_width() {
        let pcm = |sample_format, is_big_endian, is_double| {
            let pcm = Pcm { sample_format, is_big_endian, is_double };
            stored(pcm, 8000, 0, &[vec![0.5], vec![-1.0]]).concat()
        };
        assert_eq!(pcm(SampleFormat::S16le, false, false), [0, 0x40, 0, 0x80]);
        assert_eq!(pcm(SampleFormat::S16le, true, false), [0x40, 0, 0x80, 0]);
        assert_eq!(pcm(SampleFormat::S24le, true, false), [0x40, 0, 0, 0x80, 0, 0]);
        let big: Vec<u8> = [0.5f32, -1.0].iter().flat_map(|sample| sample.to_be_bytes()).collect();
        assert_eq!(pcm(SampleFormat::F32le, true, false), big);
        let wide: Vec<u8> = [0.5f64, -1.0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        assert_eq!(pcm(SampleFormat::F32le, false, true), wide);
    }

    #[test]
    fn pieces_are_alike_but_the_last_one() {
        let pcm =
            Pcm { sample_format: SampleFormat::S16le, is_big_endian: false, is_double: false };
        let lengths = |skip, len: usize| -> Vec<_> {
            stored(pcm, 100, skip, &[vec![0.0; len]]).iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(0, 10), [8, 8, 4]);
        assert_eq!(lengths(3, 11), [8, 8]);
        assert!(lengths(0, 0).is_empty());
    }
}
