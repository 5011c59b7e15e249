//! PCM as stored in files.

use super::SampleFormat;

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pcm {
    pub(crate) sample_format: SampleFormat,
    /// Whether the most significant byte comes first.
    pub(crate) is_big_endian: bool,
    /// Whether floats have 64 bits.
    pub(crate) is_double: bool,
}

impl Pcm {
    /// Bytes per sample.
    pub(crate) fn bytes(self) -> usize {
        if self.is_double { 8 } else { self.sample_format.bytes() }
    }

    /// Appends little-endian samples, converted to this storage format.
    pub(crate) fn append(self, samples: &[u8], bytes: &mut Vec<u8>) {
        let width = self.sample_format.bytes();
        for sample in samples.chunks_exact(width) {
            let (mut stored, len) = ([0; 8], self.bytes());
            if self.is_double {
                stored = f64::from(self.sample_format.decode(sample)).to_le_bytes();
            } else {
                stored[..width].copy_from_slice(sample);
            }
            if self.is_big_endian {
                stored[..len].reverse();
            }
            bytes.extend(&stored[..len]);
        }
    }
}
