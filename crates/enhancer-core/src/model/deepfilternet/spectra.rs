//! Overlapping windows: samples to spectra and back.

use std::f32::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

use realfft::num_complex::Complex32;

use crate::model::fourier::{Plans, Transform};

/// The window and the transform that all lanes of all streams share.
#[derive(Clone)]
pub(super) struct Spectra {
    window: Arc<[f32]>,
    plans: Plans,
}

impl Spectra {
    /// Windows of two hops of `hop` samples.
    pub(super) fn new(hop: usize) -> Spectra {
        let len = 2 * hop;
        // The window of Vorbis: its square and that of its neighbour add up to 1.
        let window = (0..len).map(|n| {
            let sine = (PI * (n as f32 + 0.5) / len as f32).sin();
            (FRAC_PI_2 * sine * sine).sin()
        });
        Spectra { window: window.collect(), plans: Plans::new(len) }
    }

    /// Bins of a spectrum.
    pub(super) fn bins(&self) -> usize {
        self.plans.bins()
    }

    pub(super) fn transformer(&self) -> Transformer {
        Transformer {
            transform: Transform::new(&self.plans),
            block: vec![0.0; self.window.len()],
            window: self.window.clone(),
        }
    }
}

/// Does the transforms of a stream, for all its lanes.
pub(super) struct Transformer {
    window: Arc<[f32]>,
    transform: Transform,
    block: Vec<f32>,
}

impl Transformer {
    /// The spectrum of the last two hops, of which `last` is the first and gets
    /// replaced by `hop`, scaled so that a bin's size does not depend on the
    /// window's length.
    pub(super) fn analyse(&mut self, last: &mut [f32], hop: &[f32], spectrum: &mut [Complex32]) {
        let (first, second) = self.block.split_at_mut(hop.len());
        first.copy_from_slice(last);
        second.copy_from_slice(hop);
        last.copy_from_slice(hop);
        let scale = 1.0 / self.window.len() as f32;
        for (sample, weight) in self.block.iter_mut().zip(&*self.window) {
            *sample *= weight * scale;
        }
        self.transform.forward(&mut self.block, spectrum);
    }

    /// Adds the block of a spectrum to what `overlap` holds of the block before:
    /// gives a hop, and keeps what the next block will add to.
    pub(super) fn synthesise(
        &mut self,
        spectrum: &[Complex32],
        overlap: &mut [f32],
        hop: &mut [f32],
    ) {
        self.transform.inverse(spectrum, &mut self.block);
        for (sample, weight) in self.block.iter_mut().zip(&*self.window) {
            *sample *= weight;
        }
        let (first, second) = self.block.split_at(hop.len());
        for ((out, new), old) in hop.iter_mut().zip(first).zip(&*overlap) {
            *out = new + old;
        }
        overlap.copy_from_slice(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synthesis_undoes_analysis_a_hop_later() {
        let spectra = Spectra::new(48);
        let mut transformer = spectra.transformer();
        let signal: Vec<f32> = (0..480).map(|n| ((n * n) as f32 * 0.01).sin()).collect();
        let mut spectrum = vec![Complex32::ZERO; spectra.bins()];
        let (mut last, mut overlap) = (vec![0.0; 48], vec![0.0; 48]);
        let mut out = vec![0.0; 480];
        for (hop, out) in signal.chunks(48).zip(out.chunks_mut(48)) {
            transformer.analyse(&mut last, hop, &mut spectrum);
            transformer.synthesise(&spectrum, &mut overlap, out);
        }
        assert!(out[..48].iter().all(|sample| sample.abs() < 1e-6));
        for (out, signal) in out[48..].iter().zip(&signal) {
            assert!((out - signal).abs() < 1e-6);
        }
    }

    #[test]
    fn a_spectrum_is_that_of_the_definition() {
        let spectra = Spectra::new(8);
        let hops: Vec<f32> = (0..16).map(|n| (n as f32 * 0.7).cos()).collect();
        let mut spectrum = vec![Complex32::ZERO; spectra.bins()];
        let mut last = hops[..8].to_vec();
        spectra.transformer().analyse(&mut last, &hops[8..], &mut spectrum);
        for (k, bin) in spectrum.iter().enumerate() {
            let term = |(n, x): (usize, &f32)| {
                let window = (FRAC_PI_2 * (PI * (n as f32 + 0.5) / 16.0).sin().powi(2)).sin();
                Complex32::cis(-2.0 * PI * (k * n) as f32 / 16.0) * x * window / 16.0
            };
            let expected: Complex32 = hops.iter().enumerate().map(term).sum();
            assert!((bin - expected).norm() < 1e-6, "bin {k}");
        }
    }
}
