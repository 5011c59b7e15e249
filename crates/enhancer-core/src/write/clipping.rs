//! Samples above full scale, which a file of integers cannot hold.

use crate::audio::duration;

/// The samples of a result that were cut off at full scale.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Clipping {
    /// Their number, of all channels together.
    pub samples: u64,
    /// The position of the first, in seconds.
    pub at_seconds: f64,
    /// By how much the highest exceeds full scale, in dB.
    pub excess: f64,
}

/// Counts clipped samples.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counter {
    samples: u64,
    first: u64,
    peak: f32,
}

impl Counter {
    /// Counts the clipped samples among the first `len` of each plane. `position` is that of the
    /// first sample.
    pub(super) fn note(&mut self, planes: &[Vec<f32>], len: usize, position: u64) {
        for plane in planes {
            let above = |sample: f32| sample.abs() > 1.0;
            let Some(first) = plane[..len].iter().position(|sample| above(*sample)) else {
                continue;
            };
            let first = position + first as u64;
            self.first = if self.samples == 0 { first } else { self.first.min(first) };
            for sample in plane[..len].iter().filter(|sample| above(**sample)) {
                self.samples += 1;
                self.peak = self.peak.max(sample.abs());
            }
        }
    }

    pub(super) fn clipping(&self, sample_rate: u32) -> Option<Clipping> {
        (self.samples > 0).then(|| Clipping {
            samples: self.samples,
            at_seconds: duration(self.first, sample_rate).as_secs_f64(),
            excess: 20.0 * f64::from(self.peak).log10(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_above_full_scale_are_counted_with_the_first_place_and_the_peak() {
        let mut counter = Counter::default();
        counter.note(&[vec![1.0, -1.0, f32::NAN], vec![0.0; 3]], 3, 0);
        assert_eq!(counter.clipping(8000), None);
        counter.note(&[vec![0.0, 0.0, 1.5, 9.0], vec![0.0, -10.0, 0.0, 9.0]], 3, 7998);
        counter.note(&[vec![2.0]], 1, 9000);
        let Clipping { samples, at_seconds, excess } = counter.clipping(8000).unwrap();
        assert_eq!((samples, at_seconds), (3, 7999.0 / 8000.0));
        assert!((excess - 20.0).abs() < 1e-6);
    }
}
