//! Peaks between samples.

use std::f64::consts::PI;

use crate::audio::Planes;

/// Points per sample at which the signal is evaluated: fourfold oversampling, as in ITU-R
/// BS.1770-4, annex 2.
const PHASES: usize = 4;

/// Samples from which a point between two samples is computed, half of them on each side.
const TAPS: usize = 12;

/// Peaks that are skipped together if no sample around them is large enough.
const SOME: usize = 64;

/// The number of samples after a sample that are needed for its peak.
pub(crate) const LAG: usize = TAPS / 2;

/// Estimates the true peak around each sample, the highest over all channels.
pub(crate) struct TruePeak {
    /// The coefficients for each point between two samples.
    filters: [[f32; TAPS]; PHASES - 1],
    /// The maximum of a point between samples, relative to the largest sample.
    most: f32,
    /// Samples with a smaller magnitude cannot cause a peak that matters.
    harmless: f32,
    /// The last samples of each channel that the next point still needs.
    recent: Planes,
    /// The peak between the last reported sample and the next one.
    last: f32,
    /// The number of points that lie before the first sample.
    before: usize,
}

impl TruePeak {
    /// Estimates the peaks of this many channels. Peaks up to `ceiling` may be reported too low.
    pub(crate) fn new(channels: usize, ceiling: f32) -> TruePeak {
        let filters: [[f32; TAPS]; PHASES - 1] = std::array::from_fn(|n| filter(n + 1));
        let sum = |filter: &[f32; TAPS]| filter.iter().map(|tap| tap.abs()).sum::<f32>();
        let most = filters.iter().map(sum).fold(1.0, f32::max);
        let recent = vec![vec![0.0; TAPS - 1]; channels];
        TruePeak { filters, most, harmless: ceiling / most, recent, last: 0.0, before: LAG }
    }

    /// From now on, peaks up to `ceiling` may be reported too low.
    pub(crate) fn raise(&mut self, ceiling: f32) {
        self.harmless = ceiling / self.most;
    }

    /// Samples up to this magnitude do not cause a peak above the ceiling.
    pub(super) fn harmless(&self) -> f32 {
        self.harmless
    }

    /// Takes the next samples, which must be finite, and returns the peaks of the samples for which
    /// they are now known. The peaks lag by [`LAG`] samples.
    pub(crate) fn push(&mut self, planes: &Planes) -> Vec<f32> {
        let mut peaks = vec![0f32; planes[0].len()];
        for (recent, plane) in self.recent.iter_mut().zip(planes) {
            recent.extend_from_slice(plane);
            for (n, peaks) in peaks.chunks_mut(SOME).enumerate() {
                let around = &recent[n * SOME..][..peaks.len() + TAPS - 1];
                if around.iter().any(|sample| sample.abs() > self.harmless) {
                    for (peak, taps) in peaks.iter_mut().zip(around.windows(TAPS)) {
                        *peak = peak.max(between(&self.filters, taps));
                    }
                }
            }
            recent.drain(..plane.len());
        }
        let before = self.before.min(peaks.len());
        self.before -= before;
        // For each sample, the peaks on both sides.
        for peak in &mut peaks {
            (self.last, *peak) = (*peak, peak.max(self.last));
        }
        peaks.split_off(before)
    }
}

/// The largest magnitude from the sample before the middle to the one after it.
fn between(filters: &[[f32; TAPS]], taps: &[f32]) -> f32 {
    let sum = |filter: &[f32; TAPS]| filter.iter().zip(taps).map(|(a, b)| a * b).sum::<f32>();
    let ends = taps[LAG - 1].abs().max(taps[LAG].abs());
    filters.iter().map(|filter| sum(filter).abs()).fold(ends, f32::max)
}

/// The coefficients for the point `phase` quarters of a sample after a sample: a sinc with a Hann
/// window, scaled so that a constant does not change.
fn filter(phase: usize) -> [f32; TAPS] {
    let tap = |n: usize| {
        let t = n as f64 - (LAG - 1) as f64 - phase as f64 / PHASES as f64;
        let window = (PI * t / TAPS as f64).cos().powi(2);
        (PI * t).sin() / (PI * t) * window
    };
    let taps: [f64; TAPS] = std::array::from_fn(tap);
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| (tap / sum) as f32)
}
