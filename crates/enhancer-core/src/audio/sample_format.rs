//! How one sample is stored.

use serde::{Deserialize, Serialize};

use crate::names::names;

/// How a sample is stored. All formats are little-endian and signed. Sources that store
/// samples in another way (8 bits, A-law, 64-bit float, lossy) report the one of these
/// formats that can hold their samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SampleFormat {
    /// 16-bit integer; full scale is 32 768.
    S16le,
    /// 24-bit integer in three bytes; full scale is 8 388 608.
    S24le,
    /// 32-bit integer; full scale is 2 147 483 648. Samples pass through `f32`,
    /// which keeps their 24 highest significant bits.
    S32le,
    /// 32-bit float; full scale is 1, larger values are kept.
    F32le,
}

impl SampleFormat {
    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        match self {
            SampleFormat::S16le => 2,
            SampleFormat::S24le => 3,
            SampleFormat::S32le | SampleFormat::F32le => 4,
        }
    }

    /// Bits of one sample.
    pub fn bits(self) -> u16 {
        8 * self.bytes() as u16
    }

    /// Reads a sample from `bytes`, which must be [`bytes()`](Self::bytes) long.
    #[inline]
    pub(crate) fn decode(self, bytes: &[u8]) -> f32 {
        match self {
            SampleFormat::S16le => f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0,
            SampleFormat::S24le => {
                // Into the three upper bytes, so that the shift back extends the sign.
                let sample = i32::from_le_bytes([0, bytes[0], bytes[1], bytes[2]]) >> 8;
                sample as f32 / 8_388_608.0
            }
            SampleFormat::S32le => {
                let sample = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                (f64::from(sample) / 2_147_483_648.0) as f32
            }
            SampleFormat::F32le => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        }
    }
}

names!(SampleFormat, "the sample format", [S16le, S24le, S32le, F32le]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in ["s16le", "s24le", "s32le", "f32le"] {
            assert_eq!(name.parse::<SampleFormat>().unwrap().to_string(), name);
        }
        let error = "mp3".parse::<SampleFormat>().unwrap_err();
        assert!(error.to_string().contains("mp3") && error.to_string().contains("f32le"));
    }
}
