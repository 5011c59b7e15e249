//! Overlapping windows: from samples to spectra and back.

use std::f32::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

use realfft::num_complex::Complex32;

use super::fourier::{Plans, Transform};

/// The windows and the transform. All lanes of all streams of a model share them.
#[derive(Clone)]
pub(super) struct Stft {
    /// The window before the transform.
    analysis: Arc<[f32]>,
    /// The window before a block is added to its neighbours.
    synthesis: Arc<[f32]>,
    hop: usize,
    plans: Plans,
}

impl Stft {
    /// Blocks have the length of the windows and begin every `hop` samples. Before the transform, a
    /// block is padded with zeros to `fft` samples.
    ///
    /// # Panics
    /// If the windows are not of the same length, shorter than the hop or longer than `fft`.
    pub(super) fn new(analysis: Vec<f32>, synthesis: Vec<f32>, hop: usize, fft: usize) -> Stft {
        assert_eq!(analysis.len(), synthesis.len());
        assert!((hop..=fft).contains(&analysis.len()), "{} samples", analysis.len());
        Stft { analysis: analysis.into(), synthesis: synthesis.into(), hop, plans: Plans::new(fft) }
    }

    /// Bins in a spectrum.
    pub(super) fn bins(&self) -> usize {
        self.plans.bins()
    }

    /// The number of samples that a block shares with the following ones.
    pub(super) fn overlap(&self) -> usize {
        self.analysis.len() - self.hop
    }

    pub(super) fn transformer(&self) -> Transformer {
        Transformer {
            transform: Transform::new(&self.plans),
            block: vec![0.0; self.plans.len()],
            stft: self.clone(),
        }
    }
}

/// The window of Vorbis. Its square and that of its neighbour, half a window later, add up to 1.
pub(super) fn vorbis(len: usize) -> Vec<f32> {
    let weight = |n: usize| {
        let sine = (PI * (n as f32 + 0.5) / len as f32).sin();
        (FRAC_PI_2 * sine * sine).sin()
    };
    (0..len).map(weight).collect()
}

/// Computes the transforms of a stream, for all its lanes.
pub(super) struct Transformer {
    stft: Stft,
    transform: Transform,
    block: Vec<f32>,
}

impl Transformer {
    /// Computes the spectrum of `past` and `hop`, the last samples of the input. `past`, which has
    /// the length of the overlap, moves on by the hop.
    pub(super) fn analyse(&mut self, past: &mut [f32], hop: &[f32], spectrum: &mut [Complex32]) {
        self.spectrum(past, hop, spectrum);
        let new = past.len().min(hop.len());
        past.copy_within(new.., 0);
        let kept = past.len() - new;
        past[kept..].copy_from_slice(&hop[hop.len() - new..]);
    }

    /// Computes the spectrum of `past`, which has the length of the overlap, and `hop`.
    pub(super) fn spectrum(&mut self, past: &[f32], hop: &[f32], spectrum: &mut [Complex32]) {
        let analysis = &*self.stft.analysis;
        let (window, filling) = self.block.split_at_mut(analysis.len());
        let (first, second) = window.split_at_mut(past.len());
        first.copy_from_slice(past);
        second.copy_from_slice(hop);
        for (sample, weight) in window.iter_mut().zip(analysis) {
            *sample *= weight;
        }
        filling.fill(0.0);
        self.transform.forward(&mut self.block, spectrum);
    }

    /// Adds the block of a spectrum to `overlap`, which holds the sum of the blocks before. Writes
    /// a complete hop and keeps the rest for the next blocks.
    pub(super) fn synthesise(
        &mut self,
        spectrum: &[Complex32],
        overlap: &mut [f32],
        hop: &mut [f32],
    ) {
        self.transform.inverse(spectrum, &mut self.block);
        let synthesis = &*self.stft.synthesis;
        for (sample, weight) in self.block.iter_mut().zip(synthesis) {
            *sample *= weight;
        }
        let (now, later) = self.block[..synthesis.len()].split_at(hop.len());
        let shared = hop.len().min(overlap.len());
        hop.copy_from_slice(now);
        for (out, old) in hop.iter_mut().zip(&overlap[..shared]) {
            *out += old;
        }
        overlap.copy_within(shared.., 0);
        let kept = overlap.len() - shared;
        overlap[kept..].fill(0.0);
        for (sum, new) in overlap.iter_mut().zip(later) {
            *sum += new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes a signal through these windows and back.
    fn signal_through(stft: &Stft, hop: usize, signal: &[f32]) -> Vec<f32> {
        let mut transformer = stft.transformer();
        let mut spectrum = vec![Complex32::ZERO; stft.bins()];
        let (mut past, mut overlap) = (vec![0.0; stft.overlap()], vec![0.0; stft.overlap()]);
        let mut out = vec![0.0; signal.len()];
        for (hop, out) in signal.chunks(hop).zip(out.chunks_mut(hop)) {
            transformer.analyse(&mut past, hop, &mut spectrum);
            transformer.synthesise(&spectrum, &mut overlap, out);
        }
        out
    }

    #[test]
    fn synthesis_undoes_analysis_an_overlap_later() {
        let signal: Vec<f32> = (0..480).map(|n| ((n * n) as f32 * 0.01).sin()).collect();
        // Windows of one, two, three and four hops. The last two are padded.
        for (len, fft) in [(48, 48), (96, 96), (144, 160), (192, 256)] {
            // Blocks of ones; this is the share of each overlapping block.
            let share = 48.0 / len as f32 / fft as f32;
            let stft = Stft::new(vec![1.0; len], vec![share; len], 48, fft);
            let (out, delay) = (signal_through(&stft, 48, &signal), len - 48);
            for (at, (out, signal)) in out[delay..].iter().zip(&signal).enumerate() {
                assert!((out - signal).abs() < 1e-6, "window {len}, sample {at}");
            }
        }
    }

    #[test]
    fn windows_of_vorbis_add_up() {
        let window = vorbis(96);
        let scaled: Vec<f32> = window.iter().map(|weight| weight / 96.0).collect();
        let signal: Vec<f32> = (0..480).map(|n| ((n * n) as f32 * 0.01).sin()).collect();
        let out = signal_through(&Stft::new(scaled, window, 48, 96), 48, &signal);
        assert!(out[..48].iter().all(|sample| sample.abs() < 1e-6));
        for (out, signal) in out[48..].iter().zip(&signal) {
            assert!((out - signal).abs() < 1e-6);
        }
    }

    #[test]
    fn a_spectrum_is_that_of_the_definition() {
        for fft in [16, 24] {
            let window = vorbis(16);
            let stft = Stft::new(window.clone(), window.clone(), 8, fft);
            let hops: Vec<f32> = (0..16).map(|n| (n as f32 * 0.7).cos()).collect();
            let mut spectrum = vec![Complex32::ZERO; stft.bins()];
            let mut past = hops[..8].to_vec();
            stft.transformer().analyse(&mut past, &hops[8..], &mut spectrum);
            assert_eq!(past, hops[8..]);
            for (k, bin) in spectrum.iter().enumerate() {
                let term = |(n, x): (usize, &f32)| {
                    Complex32::cis(-2.0 * PI * (k * n) as f32 / fft as f32) * x * window[n]
                };
                let expected: Complex32 = hops.iter().enumerate().map(term).sum();
                assert!((bin - expected).norm() < 1e-5, "bin {k} of {fft}");
            }
        }
    }
}
