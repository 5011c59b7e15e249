//! Applies the network's outputs to a spectrum.

use std::f32::consts::FRAC_PI_2;

use realfft::num_complex::Complex32;

use crate::model::fourier::size;

/// The strength of the post-filter: the value of the network's authors.
const EXAGGERATION: f32 = 0.02;

/// Filters each of the lowest bins over time: the result is the sum over its past `frames`, the
/// oldest first, each multiplied by its complex coefficient (Mack and Habets, "Deep Filtering:
/// Signal Extraction and Reconstruction Using Complex Time-Frequency Filters", 2020, equation 3).
/// `coefficients` holds, bin by bin, a real and an imaginary part for each frame. The other bins do
/// not change.
pub(super) fn deep_filter<'a>(
    frames: impl Iterator<Item = &'a [Complex32]>,
    coefficients: &[f32],
    order: usize,
    spectrum: &mut [Complex32],
) {
    let bins = coefficients.len() / (2 * order);
    let filtered = &mut spectrum[..bins];
    filtered.fill(Complex32::ZERO);
    let coefficients = coefficients.as_chunks::<2>().0;
    for (tap, frame) in frames.enumerate() {
        for ((out, bin), filter) in
            filtered.iter_mut().zip(frame).zip(coefficients.chunks_exact(order))
        {
            let [re, im] = filter[tap];
            *out += bin * Complex32 { re, im };
        }
    }
}

/// Attenuates bins that hold more noise than speech a little further (Valin et al., "A
/// Perceptually-Motivated Approach for Low-Complexity, Real-Time Enhancement of Fullband Speech",
/// 2020, equations 9 and 10, for each bin instead of each band).
pub(super) fn post_filter(noisy: &[Complex32], spectrum: &mut [Complex32]) {
    const LEAST: f32 = 1e-12;
    for (bin, noisy) in spectrum.iter_mut().zip(noisy) {
        let gain = (size(*bin) / (size(*noisy) + LEAST)).clamp(LEAST, 1.0);
        let ratio = 1.0 / (FRAC_PI_2 * gain).sin();
        *bin *= (1.0 + EXAGGERATION) / (1.0 + EXAGGERATION * ratio * ratio);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deep_filter_sums_over_frames() {
        let bin = |re, im| Complex32 { re, im };
        let frames = [[bin(1.0, 0.0), bin(0.0, 1.0)], [bin(2.0, 0.0), bin(0.0, 3.0)]];
        let mut spectrum = [bin(9.0, 9.0); 3];
        let coefficients = [1.0, 0.0, 0.0, 1.0, 0.5, 0.0, 0.0, -1.0];
        deep_filter(frames.iter().map(|f| &f[..]), &coefficients, 2, &mut spectrum);
        assert_eq!(spectrum, [bin(1.0, 2.0), bin(3.0, 0.5), bin(9.0, 9.0)]);
    }

    #[test]
    fn the_post_filter_keeps_what_is_clean_and_lessens_the_rest() {
        let noisy = [Complex32 { re: 0.6, im: 0.8 }; 3];
        let mut spectrum = [noisy[0], noisy[0] * 0.1, Complex32::ZERO];
        post_filter(&noisy, &mut spectrum);
        assert!((spectrum[0] - noisy[0]).norm() < 1e-6);
        // sin(0.05 π) = 0.15643: 1.02 / (1 + 0.02 / 0.15643²) = 0.56125.
        assert!((spectrum[1].norm() - 0.056125).abs() < 1e-5);
        assert_eq!(spectrum[2], Complex32::ZERO);
    }
}
