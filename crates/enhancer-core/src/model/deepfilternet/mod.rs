//! The DeepFilterNet front-end (Schröter et al., "DeepFilterNet: Perceptually
//! Motivated Real-Time Speech Enhancement", 2023).
//!
//! The network receives normalised band energies and the lowest bins of each spectrum. It returns a
//! gain for each band and, for the lowest bins, a complex filter over the last frames. Both are for
//! a frame some hops in the past, so that the network has received what follows it.

mod bands;
mod features;
mod filter;
mod lane;

use std::sync::Arc;

use enhancer_networks::Run;
use realfft::num_complex::Complex32;
use smallvec::SmallVec;

use super::network::Network;
use super::stft::{Stft, Transformer, vorbis};
use super::{FrontEnd, ModelInfo, Step};
use crate::error::{ErrorKind, Result};
use bands::Bands;
use features::Normaliser;
use lane::{Answer, Lane};

/// The hops of a part of a step. Workers share the parts; fewer hops would hardly be worth it.
const HOPS_IN_PART: usize = 16;

const SUPPORTED: &str = "windows of two hops, features [bands] and [bins, 2], gains [bands], \
    coefficients [bins, 2 · frames], and fewer hops of lookahead than frames";

/// A model of the DeepFilterNet family.
pub(super) struct DeepFilterNet {
    network: Network,
    front: Arc<Front>,
}

/// Everything except the network. The model's streams share it.
struct Front {
    info: ModelInfo,
    ports: Ports,
    stft: Stft,
    bands: Bands,
    sizes: Sizes,
}

/// The indices of the network's inputs and outputs.
struct Ports {
    erb_features: usize,
    complex_features: usize,
    gains: usize,
    coefficients: usize,
}

/// The sizes of the network.
#[derive(Clone, Copy)]
struct Sizes {
    bands: usize,
    /// The number of lowest bins, which are filtered.
    filtered: usize,
    /// The number of frames that the filter spans.
    order: usize,
    /// By how many frames the network's output lags.
    lookahead: usize,
}

impl DeepFilterNet {
    /// # Errors
    /// `UnsupportedModel` if the network's sizes do not fit each other.
    pub(super) fn new(info: ModelInfo, network: Network) -> Result<DeepFilterNet> {
        let ports = Ports {
            erb_features: network.input("erb_features"),
            complex_features: network.input("complex_features"),
            gains: network.output("gains"),
            coefficients: network.output("coefficients"),
        };
        let stft = stft(info.hop);
        let shapes = [
            &network.inputs()[ports.erb_features].shape[..],
            &network.inputs()[ports.complex_features].shape[..],
            &network.outputs()[ports.gains].shape[..],
            &network.outputs()[ports.coefficients].shape[..],
        ];
        let sizes = Sizes::of(shapes, &info, stft.bins()).ok_or_else(|| {
            let found = format!(
                "{info:?} with features {:?} and {:?}, gains {:?}, coefficients {:?}",
                shapes[0], shapes[1], shapes[2], shapes[3]
            );
            ErrorKind::UnsupportedModel { found, supported: SUPPORTED }
        })?;
        let bands = Bands::new(info.sample_rate.unwrap_or_default(), stft.bins(), sizes.bands);
        let front = Arc::new(Front { info, ports, stft, bands, sizes });
        Ok(DeepFilterNet { network, front })
    }
}

/// Windows of two hops. Spectra are scaled so that the magnitude of a bin does not depend on the
/// length of the window.
fn stft(hop: usize) -> Stft {
    let len = 2 * hop;
    let window = vorbis(len);
    let scale = 1.0 / len as f32;
    Stft::new(window.iter().map(|weight| weight * scale).collect(), window, hop, len)
}

impl Sizes {
    /// Derives the sizes from the shapes of features, gains and coefficients. `None` if these do not
    /// fit each other or spectra with this number of bins.
    fn of(shapes: [&[usize]; 4], info: &ModelInfo, bins: usize) -> Option<Sizes> {
        let [&[bands], &[filtered, 2], &[gains], &[filters, taps]] = shapes else {
            return None;
        };
        let sizes = Sizes { bands, filtered, order: taps / 2, lookahead: info.lookahead };
        let fits = info.window == 2 * info.hop
            && gains == bands
            && filters == filtered
            && taps.is_multiple_of(2)
            && (1..=bins).contains(&filtered)
            && (1..=bins / bands::FEWEST_BINS).contains(&bands)
            && sizes.lookahead < sizes.order;
        fits.then_some(sizes)
    }
}

impl FrontEnd for DeepFilterNet {
    fn info(&self) -> &ModelInfo {
        &self.front.info
    }

    fn stream(&self, lanes: usize, hops: usize) -> Result<Box<dyn Step>> {
        let front = self.front.clone();
        Ok(Box::new(Lanes {
            run: self.network.run(lanes, hops)?,
            parts: (0..hops.div_ceil(HOPS_IN_PART)).map(|_| Part::new(&front)).collect(),
            lanes: (0..lanes).map(|_| Lane::new(&front, hops)).collect(),
            hops,
            post_filter: false,
            front,
        }))
    }
}

/// A run with some lanes.
struct Lanes {
    front: Arc<Front>,
    run: Run,
    /// What the parts of a step need in turn, for all lanes.
    parts: Vec<Part>,
    lanes: Vec<Lane>,
    /// Hops per lane and step.
    hops: usize,
    post_filter: bool,
}

/// What it takes to transform a part of a step.
struct Part {
    transformer: Transformer,
    enhanced: Vec<Complex32>,
    /// The half of the part's last block that overlaps the next one.
    overlap: Vec<f32>,
}

impl Part {
    fn new(front: &Front) -> Part {
        Part {
            transformer: front.stft.transformer(),
            enhanced: vec![Complex32::ZERO; front.stft.bins()],
            overlap: vec![0.0; front.stft.overlap()],
        }
    }
}

impl Step for Lanes {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        let Lanes { front, run, parts, lanes, hops, post_filter } = self;
        let ports = &front.ports;
        let stretch = front.info.hop * *hops;
        for (at, (lane, input)) in lanes.iter_mut().zip(input.chunks_exact(stretch)).enumerate() {
            lane.hear(front, parts, input);
            for step in 0..*hops {
                lane.energies(step, run.input(ports.erb_features, at, step)?);
                lane.bins(step, run.input(ports.complex_features, at, step)?);
            }
        }
        run.run()?;
        let outputs = output.chunks_exact_mut(stretch);
        for (at, (lane, output)) in lanes.iter_mut().zip(outputs).enumerate() {
            let answer = |step| {
                let gains = run.output(ports.gains, at, step)?;
                Ok(Answer { gains, coefficients: run.output(ports.coefficients, at, step)? })
            };
            // A step of one hop allocates nothing.
            let answers: SmallVec<[Answer<'_>; 1]> =
                (0..*hops).map(answer).collect::<Result<_>>()?;
            lane.speak(front, parts, &answers, *post_filter, output);
            lane.go_on(*hops);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.run.reset();
        self.post_filter = false;
        self.lanes.iter_mut().for_each(|lane| *lane = Lane::new(&self.front, self.hops));
    }

    fn set_post_filter(&mut self, on: bool) {
        self.post_filter = on;
    }
}

#[cfg(test)]
mod tests;
