//! Converts samples to interleaved bytes, with dither where rounding would change something.
//!
//! A sample between two values of the target is dithered: before rounding, noise with a triangular
//! density is added, the sum of two independent uniform variables one step wide. The mean and the
//! power of the error then do not depend on the signal, so that quiet passages fade into noise
//! instead of distortion (Lipshitz, Wannamaker and Vanderkooy, "Quantization and Dither: A
//! Theoretical Survey", J. Audio Eng. Soc. 40 (5), 1992). A sample that the target holds exactly is
//! written unchanged: unchanged audio stays bit-exact, and silence stays silent.

use super::clipping::{Clipping, Counter};
use crate::audio::SampleFormat;

/// Converts the samples of a file, from the first to the last.
pub(super) struct Quantizer {
    format: SampleFormat,
    /// Samples per channel that were written.
    position: u64,
    counter: Counter,
}

impl Quantizer {
    pub(super) fn new(format: SampleFormat) -> Self {
        Quantizer { format, position: 0, counter: Counter::default() }
    }

    /// The samples that were clipped so far.
    pub(super) fn clipping(&self, sample_rate: u32) -> Option<Clipping> {
        self.counter.clipping(sample_rate)
    }

    /// Appends the bytes of the first `len` samples of each plane, interleaved. In integer formats,
    /// samples are clipped at full scale, and NaN becomes 0.
    pub(super) fn append_bytes(&mut self, planes: &[Vec<f32>], len: usize, bytes: &mut Vec<u8>) {
        let (at, width) = (bytes.len(), self.format.bytes());
        bytes.resize(at + len * width * planes.len(), 0);
        let bytes = &mut bytes[at..];
        if self.format == SampleFormat::F32le {
            interleave(planes, len, bytes, |sample, _, _| sample.to_le_bytes());
        } else {
            self.counter.note(planes, len, self.position);
            match width {
                2 => interleave(planes, len, bytes, self.first_bytes::<2>()),
                3 => interleave(planes, len, bytes, self.first_bytes::<3>()),
                _ => interleave(planes, len, bytes, self.first_bytes::<4>()),
            }
        }
        self.position += len as u64;
    }

    /// A function that gets a sample, its channel and its index, and returns the first bytes of the
    /// sample's integer.
    fn first_bytes<const WIDTH: usize>(&self) -> impl Fn(f32, usize, usize) -> [u8; WIDTH] {
        |sample, channel, n| {
            let step = self.step(sample, channel, self.position + n as u64).to_le_bytes();
            std::array::from_fn(|at| step[at])
        }
    }

    /// The same as integers, one vector per channel, for an integer format.
    pub(super) fn steps(&mut self, planes: &[Vec<f32>]) -> Vec<Vec<i32>> {
        self.counter.note(planes, planes.first().map_or(0, Vec::len), self.position);
        let channel = |(channel, plane): (usize, &Vec<f32>)| {
            let positions = self.position..;
            plane.iter().zip(positions).map(|(&sample, n)| self.step(sample, channel, n)).collect()
        };
        let steps = planes.iter().enumerate().map(channel).collect();
        self.position += planes.first().map_or(0, Vec::len) as u64;
        steps
    }

    /// The integer for a sample.
    fn step(&self, sample: f32, channel: usize, position: u64) -> i32 {
        let full_scale = (1i64 << (self.format.bits() - 1)) as f64;
        let exact = f64::from(sample) * full_scale;
        // 32 bits are finer than `f32` itself above -48 dB, so dither would change nothing.
        let is_dithered = self.format.bits() < 32 && exact != exact.round_ties_even();
        let noise = if is_dithered { dither(channel as u64, position) } else { 0.0 };
        // Comparisons do not catch NaN; the cast turns it into 0. It also saturates.
        let clipped = (exact + noise).round_ties_even().clamp(-full_scale, full_scale - 1.0);
        clipped as i32
    }
}

/// Writes the first `len` samples of each plane. `convert` gets a sample, its channel and its index.
fn interleave<const WIDTH: usize>(
    planes: &[Vec<f32>],
    len: usize,
    bytes: &mut [u8],
    convert: impl Fn(f32, usize, usize) -> [u8; WIDTH],
) {
    let (places, _) = bytes.as_chunks_mut();
    // The compiler vectorises this loop, but not the other one.
    if let [plane] = planes {
        for ((n, &sample), place) in plane[..len].iter().enumerate().zip(places) {
            *place = convert(sample, 0, n);
        }
        return;
    }
    for (n, frame) in places.chunks_exact_mut(planes.len().max(1)).enumerate() {
        for ((channel, plane), place) in planes.iter().enumerate().zip(frame) {
            *place = convert(plane[n], channel, n);
        }
    }
}

/// Triangular noise between -1 and 1 step, with mean 0. It depends only on channel and position, so
/// it is the same on every machine and for blocks of any size.
fn dither(channel: u64, position: u64) -> f64 {
    // SplitMix64, whose n-th output can be computed directly (Steele, Lea and Flood, "Fast
    // Splittable Pseudorandom Number Generators", 2014). Each channel has its own seed.
    const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let seed = mix(channel.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03));
    let bits = mix(seed.wrapping_add(GOLDEN_GAMMA.wrapping_mul(position.wrapping_add(1))));
    let (one, other) = (bits >> 32, bits & 0xffff_ffff);
    (one + other + 1) as f64 / 4_294_967_296.0 - 1.0
}

/// SplitMix64's finaliser.
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
