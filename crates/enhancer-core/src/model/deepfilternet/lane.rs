//! The state of one signal in the front-end.
//!
//! The transforms of a step, which do not depend on each other, are computed in parts, which the workers
//! share. The parts are the same for any number of workers, and so is the result.

use std::collections::VecDeque;

use rayon::prelude::*;
use realfft::num_complex::Complex32;

use super::filter::{deep_filter, post_filter};
use super::{Front, HOPS_IN_PART, Normaliser, Part};
use crate::model::is_shared;

/// The state of a lane between steps.
pub(super) struct Lane {
    /// The previous hop.
    last: Vec<f32>,
    /// The past spectra that the filter needs, the oldest first, then those of the current step.
    frames: VecDeque<Vec<Complex32>>,
    /// The energies of the bands, frame by frame of the current step.
    energies: Vec<f32>,
    normaliser: Normaliser,
    /// The index, among the filter's frames, of the frame that the network's output is for.
    answered: usize,
    order: usize,
    /// The half of the last block that overlaps the next one.
    overlap: Vec<f32>,
}

/// The network's outputs for a frame.
pub(super) struct Answer<'r> {
    pub(super) gains: &'r [f32],
    pub(super) coefficients: &'r [f32],
}

impl Lane {
    pub(super) fn new(front: &Front, hops: usize) -> Lane {
        let (sizes, bins) = (&front.sizes, front.stft.bins());
        Lane {
            last: vec![0.0; front.info.hop],
            frames: vec![vec![Complex32::ZERO; bins]; sizes.order - 1 + hops].into(),
            energies: vec![0.0; sizes.bands * hops],
            normaliser: Normaliser::new(sizes.bands, sizes.filtered),
            answered: sizes.order - 1 - sizes.lookahead,
            order: sizes.order,
            overlap: vec![0.0; front.stft.overlap()],
        }
    }

    /// Takes the samples of the step: computes its spectra and the energies of their bands.
    pub(super) fn hear(&mut self, front: &Front, parts: &mut [Part], input: &[f32]) {
        let Lane { last, frames, energies, order, .. } = self;
        let (hop, bands) = (last.len(), front.sizes.bands);
        let frames = &mut frames.make_contiguous()[*order - 1..];
        let past = |step: usize| match step.checked_sub(1) {
            Some(before) => &input[before * hop..][..hop],
            None => last,
        };
        let hear =
            |(at, ((part, frames), energies)): (usize, ((&mut Part, &mut [_]), &mut [f32]))| {
                let frames: &mut [Vec<Complex32>] = frames;
                let first = at * HOPS_IN_PART;
                for (at, (frame, energies)) in
                    frames.iter_mut().zip(energies.chunks_exact_mut(bands)).enumerate()
                {
                    let step = first + at;
                    part.transformer.spectrum(past(step), &input[step * hop..][..hop], frame);
                    front.bands.energies(frame, energies);
                }
            };
        let len = bands * HOPS_IN_PART;
        if is_shared(parts.len()) {
            let frames = frames.par_chunks_mut(HOPS_IN_PART);
            let parts = parts.par_iter_mut().zip(frames).zip(energies.par_chunks_mut(len));
            parts.enumerate().for_each(hear);
        } else {
            let frames = frames.chunks_mut(HOPS_IN_PART);
            parts.iter_mut().zip(frames).zip(energies.chunks_mut(len)).enumerate().for_each(hear);
        }
        last.copy_from_slice(&input[input.len() - hop..]);
    }

    /// The band features of a frame.
    pub(super) fn energies(&mut self, step: usize, features: &mut [f32]) {
        features.copy_from_slice(&self.energies[step * features.len()..][..features.len()]);
        self.normaliser.energies(features);
    }

    /// The complex features of a frame.
    pub(super) fn bins(&mut self, step: usize, features: &mut [f32]) {
        self.normaliser.bins(&self.frames[self.order - 1 + step], features);
    }

    /// Makes the samples of the step from the network's answers, one for each hop.
    pub(super) fn speak(
        &mut self,
        front: &Front,
        parts: &mut [Part],
        answers: &[Answer<'_>],
        exaggerate: bool,
        output: &mut [f32],
    ) {
        let hop = front.info.hop;
        let lane = &*self;
        let speak = |(at, (part, output)): (usize, (&mut Part, &mut [f32]))| {
            let Part { transformer, enhanced, overlap } = part;
            overlap.fill(0.0);
            let first = at * HOPS_IN_PART;
            for (at, output) in output.chunks_exact_mut(hop).enumerate() {
                let step = first + at;
                lane.enhance(front, step, &answers[step], exaggerate, enhanced);
                transformer.synthesise(enhanced, overlap, output);
            }
        };
        if is_shared(parts.len()) {
            let outputs = output.par_chunks_mut(hop * HOPS_IN_PART);
            parts.par_iter_mut().zip(outputs).enumerate().for_each(speak);
        } else {
            let outputs = output.chunks_mut(hop * HOPS_IN_PART);
            parts.iter_mut().zip(outputs).enumerate().for_each(speak);
        }
        // The first block of a part overlaps the last one of the part before.
        for (part, output) in parts.iter_mut().zip(output.chunks_mut(hop * HOPS_IN_PART)) {
            for (sample, old) in output.iter_mut().zip(&self.overlap) {
                *sample += old;
            }
            self.overlap.copy_from_slice(&part.overlap);
        }
    }

    /// Makes the enhanced spectrum of the frame that an answer is for.
    fn enhance(
        &self,
        front: &Front,
        step: usize,
        answer: &Answer<'_>,
        exaggerate: bool,
        enhanced: &mut [Complex32],
    ) {
        let noisy = &self.frames[step + self.answered];
        enhanced.copy_from_slice(noisy);
        front.bands.scale(answer.gains, enhanced);
        let frames = self.frames.range(step..step + self.order).map(Vec::as_slice);
        deep_filter(frames, answer.coefficients, self.order, enhanced);
        if exaggerate {
            post_filter(noisy, enhanced);
        }
    }

    /// Drops the frames that no later step needs.
    pub(super) fn go_on(&mut self, hops: usize) {
        self.frames.rotate_left(hops);
    }
}
