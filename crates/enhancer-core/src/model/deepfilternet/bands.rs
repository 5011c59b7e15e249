//! Frequency bands of equal perceived width.

use realfft::num_complex::Complex32;

/// The minimum number of bins in a band, as in the network's training.
pub(super) const FEWEST_BINS: usize = 2;

/// Divides a spectrum's bins into bands on the scale of equivalent rectangular bandwidths (Glasberg
/// and Moore, "Derivation of auditory filter shapes from notched-noise data", 1990).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bands {
    /// The number of bins in each band, the lowest band first.
    widths: Vec<usize>,
}

impl Bands {
    /// `count` bands over the `bins` bins from 0 Hz to half of `sample_rate`.
    pub(super) fn new(sample_rate: u32, bins: usize, count: usize) -> Bands {
        let nyquist = f64::from(sample_rate) / 2.0;
        let hertz_per_bin = nyquist / (bins - 1) as f64;
        let step = erb(nyquist) / count as f64;
        // Low bands would be narrower than a bin. They get the minimum width, and the bands above
        // them start later.
        let mut begin = 0;
        let mut widths: Vec<usize> = (1..=count)
            .map(|band| {
                let end = (hertz(band as f64 * step) / hertz_per_bin).round() as usize;
                let width = end.saturating_sub(begin).max(FEWEST_BINS);
                begin += width;
                width
            })
            .collect();
        // The bin at half the sample rate, or the excess that the low bands took.
        let rest = bins as isize - begin as isize;
        if let Some(last) = widths.last_mut() {
            *last = last.saturating_add_signed(rest);
        }
        Bands { widths }
    }

    /// The mean energy of each band in dB.
    pub(super) fn energies(&self, spectrum: &[Complex32], energies: &mut [f32]) {
        // Silence is -100 dB.
        const LEAST: f32 = 1e-10;
        let mut rest = spectrum;
        for (energy, &width) in energies.iter_mut().zip(&self.widths) {
            let (band, above) = rest.split_at(width);
            rest = above;
            let sum: f32 = band.iter().map(Complex32::norm_sqr).sum();
            *energy = 10.0 * (sum / width as f32 + LEAST).log10();
        }
    }

    /// Scales the bins of each band by its gain.
    pub(super) fn scale(&self, gains: &[f32], spectrum: &mut [Complex32]) {
        let mut rest = spectrum;
        for (gain, &width) in gains.iter().zip(&self.widths) {
            let (band, above) = rest.split_at_mut(width);
            rest = above;
            band.iter_mut().for_each(|bin| *bin *= gain);
        }
    }
}

/// The number of equivalent rectangular bandwidths below a frequency.
fn erb(hertz: f64) -> f64 {
    9.265 * (hertz / (24.7 * 9.265)).ln_1p()
}

/// The inverse of [`erb`].
fn hertz(erb: f64) -> f64 {
    24.7 * 9.265 * (erb / 9.265).exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_those_that_the_network_was_trained_with() {
        let expected = [
            2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28,
            31, 37, 42, 50, 56, 67,
        ];
        assert_eq!(Bands::new(48_000, 481, 32).widths, expected);
    }

    #[test]
    fn energies_are_means_in_decibels() {
        let bands = Bands { widths: vec![2, 3] };
        let bin = |re, im| Complex32 { re, im };
        let spectrum = [bin(3.0, 4.0), bin(0.0, 0.0), bin(0.1, 0.0), bin(0.0, 0.1), bin(0.0, 0.1)];
        let mut energies = [0.0; 2];
        bands.energies(&spectrum, &mut energies);
        assert!((energies[0] - 10.0 * 12.5f32.log10()).abs() < 1e-4);
        assert!((energies[1] + 20.0).abs() < 1e-4);
        bands.energies(&[Complex32::ZERO; 5], &mut energies);
        assert_eq!(energies, [-100.0; 2]);
    }

    #[test]
    fn a_gain_scales_its_band_alone() {
        let bands = Bands { widths: vec![2, 1] };
        let mut spectrum = [Complex32 { re: 1.0, im: -2.0 }; 3];
        bands.scale(&[0.5, 0.0], &mut spectrum);
        assert_eq!(spectrum[1], Complex32 { re: 0.5, im: -1.0 });
        assert_eq!(spectrum[2], Complex32::ZERO);
    }
}
