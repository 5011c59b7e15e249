//! The state of one signal in the front-end.

use std::collections::VecDeque;

use realfft::num_complex::Complex32;

use super::filter::{deep_filter, post_filter};
use super::{Front, Normaliser, Transformer};

/// The state of a lane between steps.
pub(super) struct Lane {
    /// The previous hop.
    last: Vec<f32>,
    /// The past spectra that the filter needs, the oldest first, then those of the current step.
    frames: VecDeque<Vec<Complex32>>,
    normaliser: Normaliser,
    /// The index, among the filter's frames, of the frame that the network's output is for.
    answered: usize,
    order: usize,
    enhanced: Vec<Complex32>,
    /// The half of the last block that overlaps the next one.
    overlap: Vec<f32>,
}

impl Lane {
    pub(super) fn new(front: &Front, hops: usize) -> Lane {
        let (sizes, bins) = (&front.sizes, front.stft.bins());
        Lane {
            last: vec![0.0; front.info.hop],
            frames: vec![vec![Complex32::ZERO; bins]; sizes.order - 1 + hops].into(),
            normaliser: Normaliser::new(sizes.bands, sizes.filtered),
            answered: sizes.order - 1 - sizes.lookahead,
            order: sizes.order,
            enhanced: vec![Complex32::ZERO; bins],
            overlap: vec![0.0; front.info.hop],
        }
    }

    /// Takes a hop of the step.
    pub(super) fn hear(&mut self, transformer: &mut Transformer, step: usize, hop: &[f32]) {
        transformer.analyse(&mut self.last, hop, &mut self.frames[self.order - 1 + step]);
    }

    /// The band features of a frame.
    pub(super) fn energies(&mut self, front: &Front, step: usize, features: &mut [f32]) {
        front.bands.energies(&self.frames[self.order - 1 + step], features);
        self.normaliser.energies(features);
    }

    /// The complex features of a frame.
    pub(super) fn bins(&mut self, step: usize, features: &mut [f32]) {
        self.normaliser.bins(&self.frames[self.order - 1 + step], features);
    }

    /// Makes the enhanced spectrum of the frame that the network's output is for.
    pub(super) fn enhance(
        &mut self,
        front: &Front,
        step: usize,
        gains: &[f32],
        coefficients: &[f32],
        exaggerate: bool,
    ) {
        let noisy = &self.frames[step + self.answered];
        self.enhanced.copy_from_slice(noisy);
        front.bands.scale(gains, &mut self.enhanced);
        let frames = self.frames.range(step..step + self.order).map(Vec::as_slice);
        deep_filter(frames, coefficients, self.order, &mut self.enhanced);
        if exaggerate {
            post_filter(noisy, &mut self.enhanced);
        }
    }

    /// Drops the frames that no later step needs.
    pub(super) fn go_on(&mut self, hops: usize) {
        self.frames.rotate_left(hops);
    }

    /// Turns that spectrum into a hop of samples.
    pub(super) fn speak(&mut self, transformer: &mut Transformer, hop: &mut [f32]) {
        transformer.synthesise(&self.enhanced, &mut self.overlap, hop);
    }
}
