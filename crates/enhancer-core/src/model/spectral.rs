//! The front-end for models of the common form: they take the spectrum of a block and some states,
//! and return the enhanced spectrum and the new states.
//!
//! The description defines windows, transform, compression and layout. A block is multiplied by a
//! second window after the inverse transform, so that blocks which the network does not change add
//! up to the signal.

use std::f32::consts::PI;
use std::sync::Arc;

use enhancer_networks::Run;
use realfft::num_complex::Complex32;

use super::description::{Layout, Spectral as Description, WindowFunction};
use super::fourier::size;
use super::network::Network;
use super::stft::{Stft, Transformer, vorbis};
use super::{FrontEnd, ModelInfo, Step};
use crate::error::{ErrorKind, Result};

const SUPPORTED: &str = "windows that leave out no sample, and spectra that fit the transform";

/// The minimum magnitude of a bin that is compressed or expanded. Smaller ones become 0.
const LEAST_SIZE: f32 = 1e-12;

/// The maximum magnitude of an expanded bin: far above that of any sound, and small enough that
/// sums stay finite.
const LARGEST_SIZE: f32 = 1e12;

/// A model of this form.
pub(super) struct Spectral {
    network: Network,
    front: Arc<Front>,
}

/// Everything except the network. The model's streams share it.
struct Front {
    info: ModelInfo,
    stft: Stft,
    layout: Layout,
    /// The exponent for the magnitudes of bins; `None` if they do not change.
    compression: Option<f32>,
    /// The indices of the network's input and output.
    input: usize,
    output: usize,
}

impl Spectral {
    /// # Errors
    /// `UnsupportedModel` if the windows lose a sample, or if the network's spectra are not those
    /// of the transform.
    pub(super) fn new(
        info: ModelInfo,
        description: Description,
        network: Network,
    ) -> Result<Spectral> {
        let (input, output) = (network.input("spectrum"), network.output("spectrum"));
        let lens = [network.inputs()[input].len(), network.outputs()[output].len()];
        let stft = stft(&info, description).filter(|stft| lens == [2 * stft.bins(); 2]);
        let Some(stft) = stft else {
            let found = format!("{info:?}, {description:?} with spectra of {lens:?} values");
            return Err(ErrorKind::UnsupportedModel { found, supported: SUPPORTED }.into());
        };
        let compression = (description.compression != 1.0).then_some(description.compression);
        let layout = description.layout;
        let front = Arc::new(Front { info, stft, layout, compression, input, output });
        Ok(Spectral { network, front })
    }
}

/// The windows for analysis and synthesis; `None` if they lose a sample.
fn stft(info: &ModelInfo, description: Description) -> Option<Stft> {
    let window = window(description.window_function, info.window);
    // The total weight of a sample over all blocks that contain it, by its position in a hop.
    let kept: Vec<f32> = (0..info.hop)
        .map(|at| window[at..].iter().step_by(info.hop).map(|weight| weight * weight).sum())
        .collect();
    if kept.iter().any(|kept| *kept < 1e-3) {
        return None;
    }
    let scale = description.scale;
    let back = 1.0 / (scale * description.fft as f32);
    let synthesis = window.iter().enumerate();
    let synthesis = synthesis.map(|(at, weight)| weight * back / kept[at % info.hop]).collect();
    let analysis = window.iter().map(|weight| weight * scale).collect();
    Some(Stft::new(analysis, synthesis, info.hop, description.fft))
}

/// A window of `len` samples. Cosine windows are periodic: the sample after the last one would
/// equal the first.
fn window(function: WindowFunction, len: usize) -> Vec<f32> {
    let turn = |n: usize| PI * n as f32 / len as f32;
    match function {
        WindowFunction::Hann => (0..len).map(|n| turn(n).sin().powi(2)).collect(),
        WindowFunction::SqrtHann => (0..len).map(|n| turn(n).sin()).collect(),
        WindowFunction::Vorbis => vorbis(len),
        WindowFunction::Rectangular => vec![1.0; len],
    }
}

impl FrontEnd for Spectral {
    fn info(&self) -> &ModelInfo {
        &self.front.info
    }

    fn stream(&self, lanes: usize, hops: usize) -> Result<Box<dyn Step>> {
        let front = self.front.clone();
        let lane = Lane {
            past: vec![0.0; front.stft.overlap()],
            overlap: vec![0.0; front.stft.overlap()],
        };
        Ok(Box::new(Lanes {
            run: self.network.run(lanes, hops)?,
            transformer: front.stft.transformer(),
            spectrum: vec![Complex32::ZERO; front.stft.bins()],
            lanes: vec![lane; lanes],
            hops,
            front,
        }))
    }
}

/// A run with some lanes.
struct Lanes {
    front: Arc<Front>,
    run: Run,
    transformer: Transformer,
    spectrum: Vec<Complex32>,
    lanes: Vec<Lane>,
    /// Hops per lane and step.
    hops: usize,
}

/// The state of a lane between steps.
#[derive(Clone)]
struct Lane {
    /// The last samples of the input.
    past: Vec<f32>,
    /// The sum of all blocks, after the last sample that was returned.
    overlap: Vec<f32>,
}

impl Step for Lanes {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        let Lanes { front, run, transformer, spectrum, lanes, hops } = self;
        let (hop, stretch) = (front.info.hop, front.info.hop * *hops);
        for (at, (lane, input)) in lanes.iter_mut().zip(input.chunks_exact(stretch)).enumerate() {
            for (step, hop) in input.chunks_exact(hop).enumerate() {
                transformer.analyse(&mut lane.past, hop, spectrum);
                front.give(spectrum, run.input(front.input, at, step)?);
            }
        }
        run.run()?;
        let outputs = output.chunks_exact_mut(stretch);
        for (at, (lane, output)) in lanes.iter_mut().zip(outputs).enumerate() {
            for (step, hop) in output.chunks_exact_mut(hop).enumerate() {
                front.take(run.output(front.output, at, step)?, spectrum);
                transformer.synthesise(spectrum, &mut lane.overlap, hop);
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.run.reset();
        for lane in &mut self.lanes {
            lane.past.fill(0.0);
            lane.overlap.fill(0.0);
        }
    }
}

impl Front {
    /// Writes a spectrum in the form of the network's input.
    fn give(&self, spectrum: &[Complex32], given: &mut [f32]) {
        let bins = spectrum.iter().map(|bin| match self.compression {
            Some(exponent) => with_size_to_the(*bin, exponent),
            None => *bin,
        });
        match self.layout {
            Layout::Interleaved => {
                let given = given.as_chunks_mut::<2>().0;
                given.iter_mut().zip(bins).for_each(|(given, bin)| *given = [bin.re, bin.im]);
            }
            Layout::Planar => {
                let (real, imaginary) = given.split_at_mut(spectrum.len());
                for ((real, imaginary), bin) in real.iter_mut().zip(imaginary).zip(bins) {
                    (*real, *imaginary) = (bin.re, bin.im);
                }
            }
        }
    }

    /// Reads a spectrum from the network's output.
    fn take(&self, made: &[f32], spectrum: &mut [Complex32]) {
        let bins = spectrum.len();
        for (at, bin) in spectrum.iter_mut().enumerate() {
            let (re, im) = match self.layout {
                Layout::Interleaved => (made[2 * at], made[2 * at + 1]),
                Layout::Planar => (made[at], made[bins + at]),
            };
            let made = Complex32 { re, im };
            *bin = match self.compression {
                Some(exponent) => with_size_to_the(made, 1.0 / exponent),
                None => made,
            };
        }
    }
}

/// A bin with the same phase, whose magnitude is that of `bin` raised to an exponent. It is 0 if
/// the magnitude is almost 0 or infinite, and never larger than [`LARGEST_SIZE`].
fn with_size_to_the(bin: Complex32, exponent: f32) -> Complex32 {
    let size = size(bin);
    if !(LEAST_SIZE..=f32::MAX).contains(&size) {
        return Complex32::ZERO;
    }
    bin * (size.powf(exponent).min(LARGEST_SIZE) / size)
}

#[cfg(test)]
mod tests;
