//! The network's input features: band energies and the lowest bins of a spectrum, both normalised
//! by their recent average.

use realfft::num_complex::Complex32;

use crate::model::fourier::size;

/// The decay of a mean from frame to frame. The time constant is 1 second at 100 frames per second,
/// rounded as in the network's training.
const KEPT: f32 = 0.99;

/// The initial means, from the lowest to the highest band or bin.
const FIRST_ENERGIES: [f32; 2] = [-60.0, -90.0];
const FIRST_SIZES: [f32; 2] = [1e-3, 1e-4];

/// The number of dB that correspond to a feature of 1.
const DECIBELS: f32 = 40.0;

/// The minimum of a mean magnitude, far below that of a 24-bit recording. In long silence the mean
/// would become 0, and 0 / 0 is not a number.
const LEAST_SIZE: f32 = 1e-12;

/// The running means of one channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Normaliser {
    /// The mean energy of each band in dB, then the mean magnitude of each bin.
    means: Vec<f32>,
    bands: usize,
}

impl Normaliser {
    /// The state at the start of a signal, for this many bands and lowest bins.
    pub(super) fn new(bands: usize, bins: usize) -> Normaliser {
        let means = slope(FIRST_ENERGIES, bands).chain(slope(FIRST_SIZES, bins)).collect();
        Normaliser { means, bands }
    }

    /// Turns band energies in dB into features and advances by one frame.
    pub(super) fn energies(&mut self, energies: &mut [f32]) {
        for (energy, mean) in energies.iter_mut().zip(&mut self.means[..self.bands]) {
            *mean = *energy * (1.0 - KEPT) + *mean * KEPT;
            *energy = (*energy - *mean) / DECIBELS;
        }
    }

    /// Turns the lowest bins into features, each as its real and imaginary part, and advances by
    /// one frame.
    pub(super) fn bins(&mut self, bins: &[Complex32], features: &mut [f32]) {
        let features = features.as_chunks_mut::<2>().0;
        let means = &mut self.means[self.bands..];
        for ((bin, feature), mean) in bins.iter().zip(features).zip(means) {
            *mean = (size(*bin) * (1.0 - KEPT) + *mean * KEPT).max(LEAST_SIZE);
            let scale = mean.sqrt().recip();
            *feature = [bin.re * scale, bin.im * scale];
        }
    }
}

/// `count` values at equal distances.
fn slope([first, last]: [f32; 2], count: usize) -> impl Iterator<Item = f32> {
    (0..count).map(move |n| first + (last - first) * n as f32 / (count - 1).max(1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_begin_on_a_slope() {
        let normaliser = Normaliser::new(3, 2);
        for (mean, expected) in normaliser.means.iter().zip([-60.0, -75.0, -90.0, 1e-3, 1e-4]) {
            assert!((mean / expected - 1.0).abs() < 1e-6, "{mean}");
        }
        assert_eq!(Normaliser::new(1, 1).means, [-60.0, 1e-3]);
    }

    #[test]
    fn a_steady_signal_becomes_its_mean() {
        let mut normaliser = Normaliser::new(1, 1);
        let bin = [Complex32 { re: 0.03, im: -0.04 }];
        let (mut energies, mut features) = ([0.0], [0.0; 2]);
        for _ in 0..3000 {
            energies = [-20.0];
            normaliser.energies(&mut energies);
            normaliser.bins(&bin, &mut features);
        }
        assert!(energies[0].abs() < 1e-5);
        let expected = bin.map(|bin| bin / 0.05f32.sqrt())[0];
        assert!((features[0] - expected.re).abs() < 1e-5);
        assert!((features[1] - expected.im).abs() < 1e-5);
    }

    #[test]
    fn features_stay_finite_in_endless_silence() {
        let mut normaliser = Normaliser::new(1, 1);
        let mut features = [1.0; 2];
        for _ in 0..100_000 {
            normaliser.bins(&[Complex32::ZERO], &mut features);
        }
        assert_eq!(features, [0.0; 2]);
        normaliser.bins(&[Complex32 { re: 0.1, im: 0.0 }], &mut features);
        assert!(features[0].is_finite() && features[0] > 0.0);
    }
}
