//! The DTLN front-end (Westhausen and Meyer, "Dual-Signal Transformation LSTM
//! Network for Real-Time Noise Suppression", 2020).
//!
//! A block of the last samples goes through two networks. The first takes the magnitudes of its
//! spectrum and returns a mask for them. The second refines the masked block. Refined blocks
//! overlap and are added.

use enhancer_networks::Run;
use realfft::num_complex::Complex32;

use super::fourier::{Plans, Transform, size};
use super::network::Network;
use super::{FrontEnd, ModelInfo, Step};
use crate::error::{ErrorKind, Result};

const SUPPORTED: &str = "an even window, a mask for its window / 2 + 1 magnitudes, and a block \
    of the window's length";

/// A model of the DTLN family.
pub(super) struct Dtln {
    info: ModelInfo,
    masking: Stage,
    refining: Stage,
    plans: Plans,
}

/// A network with the indices of its input and output.
struct Stage {
    network: Network,
    input: usize,
    output: usize,
}

impl Dtln {
    /// # Errors
    /// `UnsupportedModel` if the networks' sizes do not fit each other.
    pub(super) fn new(info: ModelInfo, masking: Network, refining: Network) -> Result<Dtln> {
        let plans = Plans::new(info.window);
        let masking = Stage::new(masking, "magnitude", "mask");
        let refining = Stage::new(refining, "block", "block");
        let lens = [masking.lens(), refining.lens()];
        if lens != [[plans.bins(); 2], [info.window; 2]] || !info.window.is_multiple_of(2) {
            let found = format!("{info:?} with networks of {lens:?} values");
            return Err(ErrorKind::UnsupportedModel { found, supported: SUPPORTED }.into());
        }
        Ok(Dtln { info, masking, refining, plans })
    }
}

impl FrontEnd for Dtln {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, lanes: usize, hops: usize) -> Result<Box<dyn Step>> {
        let lane = Lane {
            block: vec![0.0; self.info.window],
            spectra: vec![vec![Complex32::ZERO; self.plans.bins()]; hops],
            overlap: vec![0.0; self.info.window],
        };
        Ok(Box::new(Lanes {
            hop: self.info.hop,
            hops,
            masking: self.masking.run(lanes, hops)?,
            refining: self.refining.run(lanes, hops)?,
            transform: Transform::new(&self.plans),
            scratch: lane.block.clone(),
            lanes: vec![lane.clone(); lanes],
            fresh: lane,
        }))
    }
}

impl Stage {
    fn new(network: Network, input: &str, output: &str) -> Stage {
        Stage { input: network.input(input), output: network.output(output), network }
    }

    /// The number of input and output values.
    fn lens(&self) -> [usize; 2] {
        [self.network.inputs()[self.input].len(), self.network.outputs()[self.output].len()]
    }

    fn run(&self, lanes: usize, hops: usize) -> Result<StageRun> {
        Ok(StageRun { run: self.network.run(lanes, hops)?, input: self.input, output: self.output })
    }
}

struct StageRun {
    run: Run,
    input: usize,
    output: usize,
}

impl StageRun {
    fn input(&mut self, lane: usize, step: usize) -> Result<&mut [f32]> {
        Ok(self.run.input(self.input, lane, step)?)
    }

    fn output(&self, lane: usize, step: usize) -> Result<&[f32]> {
        Ok(self.run.output(self.output, lane, step)?)
    }
}

/// A run with some lanes.
struct Lanes {
    hop: usize,
    /// Hops per lane and step.
    hops: usize,
    masking: StageRun,
    refining: StageRun,
    transform: Transform,
    scratch: Vec<f32>,
    lanes: Vec<Lane>,
    fresh: Lane,
}

/// The state of a lane between steps.
#[derive(Clone)]
struct Lane {
    /// The last samples of the input.
    block: Vec<f32>,
    /// The spectra of the current step.
    spectra: Vec<Vec<Complex32>>,
    /// The sum of all refined blocks, after the last sample that was returned.
    overlap: Vec<f32>,
}

impl Step for Lanes {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        let (lanes, hops) = (self.lanes.len(), self.hops);
        let places = move || (0..lanes).flat_map(move |at| (0..hops).map(move |step| (at, step)));
        for ((at, step), hop) in places().zip(input.chunks_exact(self.hop)) {
            self.hear(at, step, hop)?;
        }
        self.masking.run.run()?;
        for (at, step) in places() {
            self.mask(at, step)?;
        }
        self.refining.run.run()?;
        for ((at, step), hop) in places().zip(output.chunks_exact_mut(self.hop)) {
            self.lanes[at].speak(self.refining.output(at, step)?, hop);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.masking.run.reset();
        self.refining.run.reset();
        self.lanes.fill(self.fresh.clone());
    }
}

impl Lanes {
    fn hear(&mut self, at: usize, step: usize, hop: &[f32]) -> Result<()> {
        let lane = &mut self.lanes[at];
        let kept = lane.block.len() - hop.len();
        lane.block.copy_within(hop.len().., 0);
        lane.block[kept..].copy_from_slice(hop);
        self.scratch.copy_from_slice(&lane.block);
        self.transform.forward(&mut self.scratch, &mut lane.spectra[step]);
        for (magnitude, bin) in self.masking.input(at, step)?.iter_mut().zip(&lane.spectra[step]) {
            *magnitude = size(*bin);
        }
        Ok(())
    }

    fn mask(&mut self, at: usize, step: usize) -> Result<()> {
        let lane = &mut self.lanes[at];
        // The inverse transform multiplies by the length of the block.
        let scale = 1.0 / lane.block.len() as f32;
        for (bin, gain) in lane.spectra[step].iter_mut().zip(self.masking.output(at, step)?) {
            *bin *= gain * scale;
        }
        self.transform.inverse(&lane.spectra[step], self.refining.input(at, step)?);
        Ok(())
    }
}

impl Lane {
    fn speak(&mut self, refined: &[f32], hop: &mut [f32]) {
        for (sum, sample) in self.overlap.iter_mut().zip(refined) {
            *sum += sample;
        }
        hop.copy_from_slice(&self.overlap[..hop.len()]);
        let kept = self.overlap.len() - hop.len();
        self.overlap.copy_within(hop.len().., 0);
        self.overlap[kept..].fill(0.0);
    }
}
