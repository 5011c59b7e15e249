//! The waveform front-end: passes frames of samples to a network directly.
//!
//! Frames do not overlap and the network keeps no state, so any cut of a signal into whole frames
//! gives the same output. Samples reach the network unchanged, including NaN.

use enhancer_networks::{Network, Run, TensorInfo};

use super::{FrontEnd, ModelInfo, Step};
use crate::error::{ErrorKind, Result};

/// The maximum length of a frame in samples: more than a second at 48 kHz. A few bytes of a file
/// can declare any length, and every lane gets buffers for it.
const MAX_FRAME: usize = 1 << 16;

const SUPPORTED: &str =
    "one float32 input of shape [1, N] and one float32 output of the same shape";

/// A model of the waveform family.
pub(super) struct Waveform {
    info: ModelInfo,
    network: Network,
}

impl Waveform {
    pub(super) fn from_tflite(bytes: &[u8]) -> Result<Waveform> {
        let network = Network::read(bytes)?;
        // Frames do not depend on each other.
        let network = network.with_states(vec![]).map_err(|_| ErrorKind::UnsupportedModel {
            found: "a network with states".into(),
            supported: SUPPORTED,
        })?;
        let frame = frame_len(&network)?;
        let info = ModelInfo {
            name: "waveform".into(),
            licence: None,
            sample_rate: None,
            hop: frame,
            window: frame,
            lookahead: 0,
            delay: 0,
            memory: false,
            post_filter: false,
        };
        // Refuses a model that cannot run now, not at the first recording.
        network.run(1, 1)?;
        Ok(Waveform { info, network })
    }

    #[cfg(feature = "tflite")]
    pub(super) fn compiled(&self) -> Result<Vec<u8>> {
        Ok(self.network.compiled()?)
    }
}

impl FrontEnd for Waveform {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, lanes: usize, hops: usize) -> Result<Box<dyn Step>> {
        let run = self.network.run(lanes, hops)?;
        Ok(Box::new(Frames { run, frame: self.info.hop, hops }))
    }
}

/// A run. Each step takes one frame per lane.
struct Frames {
    run: Run,
    frame: usize,
    hops: usize,
}

impl Step for Frames {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        for (at, samples) in input.chunks_exact(self.frame).enumerate() {
            let (lane, step) = (at / self.hops, at % self.hops);
            self.run.input(0, lane, step)?.copy_from_slice(samples);
        }
        self.run.run()?;
        for (at, samples) in output.chunks_exact_mut(self.frame).enumerate() {
            let (lane, step) = (at / self.hops, at % self.hops);
            samples.copy_from_slice(self.run.output(0, lane, step)?);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.run.reset();
    }
}

/// The N of a network from `[1, N]` to `[1, N]`.
fn frame_len(network: &Network) -> Result<usize> {
    let listed = |infos: &[TensorInfo]| -> String {
        infos.iter().map(TensorInfo::to_string).collect::<Vec<_>>().join(", ")
    };
    let unsupported = || ErrorKind::UnsupportedModel {
        found: format!(
            "inputs ({}) and outputs ({})",
            listed(network.inputs()),
            listed(network.outputs())
        ),
        supported: SUPPORTED,
    };
    let ([input], [output]) = (network.inputs(), network.outputs()) else {
        return Err(unsupported().into());
    };
    match (frame_of(input), frame_of(output)) {
        (Some(input), Some(output)) if input == output && input > MAX_FRAME => {
            Err(ErrorKind::LimitExceeded {
                limit: "the model's frame length in samples",
                allowed: MAX_FRAME as u64,
                actual: input as u64,
            }
            .into())
        }
        (Some(input), Some(output)) if input == output => Ok(input),
        _ => Err(unsupported().into()),
    }
}

/// N, if the tensor is float32 of shape `[1, N]` with N above 0.
fn frame_of(info: &TensorInfo) -> Option<usize> {
    match info.shape()? {
        [1, frame] if *frame > 0 => Some(*frame),
        _ => None,
    }
}
