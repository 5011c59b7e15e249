//! The front-end of models of the common form: the spectrum of a block and some states
//! in, the enhanced spectrum and the new states out.
//!
//! Windows, transform, compression and layout are those of the description. A block is
//! weighted once more after its way back, so that blocks that the network leaves as they
//! are add up to the signal.

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

const SUPPORTED: &str = "windows of which none leaves out a sample, and spectra of the transform";

/// The least size of a bin that is compressed or expanded; smaller ones are 0.
const LEAST_SIZE: f32 = 1e-12;

/// The largest size of a bin that was expanded: far above that of any sound, and far below what
/// would be infinite in a sum.
const LARGEST_SIZE: f32 = 1e12;

/// A model of that form.
pub(super) struct Spectral {
    network: Network,
    front: Arc<Front>,
}

/// All but the network, shared by the model's streams.
struct Front {
    info: ModelInfo,
    stft: Stft,
    layout: Layout,
    /// What the sizes of bins are raised to; none if they stay as they are.
    compression: Option<f32>,
    /// The places of the network's input and output.
    input: usize,
    output: usize,
}

impl Spectral {
    /// # Errors
    /// `UnsupportedModel` if the windows do not add up to something everywhere, or the
    /// network's spectra are not those of the transform.
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

/// The windows of analysis and synthesis; none if a sample would get lost between them.
fn stft(info: &ModelInfo, description: Description) -> Option<Stft> {
    let window = window(description.window_function, info.window);
    // How much of a sample all blocks that hold it keep together, by its place in a hop.
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

/// A window of `len` samples; those of a cosine are periodic: the sample behind the last one
/// would be the first one again.
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

/// A run over some lanes.
struct Lanes {
    front: Arc<Front>,
    run: Run,
    transformer: Transformer,
    spectrum: Vec<Complex32>,
    lanes: Vec<Lane>,
    /// How many each lane takes in a step.
    hops: usize,
}

/// The state of a lane between steps.
#[derive(Clone)]
struct Lane {
    /// The last samples that were heard.
    past: Vec<f32>,
    /// The sum of all blocks where they reach beyond what was given.
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
    /// Writes a spectrum as the network takes it.
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

    /// Reads a spectrum that the network made.
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

/// A bin of the same phase whose size is that of `bin`, raised to an exponent. What has no size,
/// or one without end, becomes 0, and no size is above [`LARGEST_SIZE`].
fn with_size_to_the(bin: Complex32, exponent: f32) -> Complex32 {
    let size = size(bin);
    if !(LEAST_SIZE..=f32::MAX).contains(&size) {
        return Complex32::ZERO;
    }
    bin * (size.powf(exponent).min(LARGEST_SIZE) / size)
}

#[cfg(test)]
mod tests;
