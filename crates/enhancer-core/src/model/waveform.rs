//! The waveform front-end: frames of samples straight through a network.
//!
//! Frames do not overlap and the network keeps no state, so any split of a signal into
//! whole frames gives the same output. Samples reach the network as they are: what it makes
//! of a NaN is its own affair.

use tract_tflite::internal::*;

use super::description::{Port, Role};
use super::network::{Network, Run};
use super::{FrontEnd, ModelInfo, Step, tflite};
use crate::error::{ErrorKind, Result};

/// The longest frame that is accepted, in samples: more than a second at 48 kHz.
/// A few bytes of a file can claim any length, and every lane gets buffers for it.
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
        let graph = tflite::read(bytes, 1)?;
        let frame = frame_len(&graph)?;
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
        let port = || Port { role: Role::Named("samples".into()), shape: vec![frame] };
        let network = Network::new(bytes.to_vec(), vec![port()], vec![port()]).with_graph(graph);
        // What cannot run is refused here, not at the first recording.
        network.run(1, 1)?;
        Ok(Waveform { info, network })
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

/// A run: each lane's frames are its steps.
struct Frames {
    run: Run,
    frame: usize,
    hops: usize,
}

impl Step for Frames {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        for (at, samples) in input.chunks_exact(self.frame).enumerate() {
            let (lane, step) = (at / self.hops, at % self.hops);
            self.run.input(0, lane, step).copy_from_slice(samples);
        }
        self.run.run()?;
        for (at, samples) in output.chunks_exact_mut(self.frame).enumerate() {
            let (lane, step) = (at / self.hops, at % self.hops);
            samples.copy_from_slice(self.run.output(0, lane, step));
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.run.reset();
    }
}

/// The N of a network from `[1, N]` to `[1, N]`.
fn frame_len(graph: &TypedModel) -> Result<usize> {
    let facts = |outlets: &[OutletId]| -> Vec<String> {
        outlets.iter().map(|&outlet| tflite::fact_text(graph, outlet)).collect()
    };
    let (inputs, outputs) = (facts(&graph.inputs), facts(&graph.outputs));
    let unsupported = || ErrorKind::UnsupportedModel {
        found: format!("inputs ({}) and outputs ({})", inputs.join(", "), outputs.join(", ")),
        supported: SUPPORTED,
    };
    let ([input], [output]) = (&graph.inputs[..], &graph.outputs[..]) else {
        return Err(unsupported().into());
    };
    match (frame_of(graph, *input), frame_of(graph, *output)) {
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

/// N, if an outlet is float32 of shape `[1, N]` with N above 0.
fn frame_of(graph: &TypedModel, outlet: OutletId) -> Option<usize> {
    let fact = graph.outlet_fact(outlet).ok()?;
    let shape = fact.shape.as_concrete()?;
    match shape {
        [1, frame] if *frame > 0 && fact.datum_type == f32::datum_type() => Some(*frame),
        _ => None,
    }
}
