//! The waveform front-end: frames of samples straight through a network.
//!
//! Frames do not overlap and the network keeps no state, so a lane is nothing
//! but a further run, and any split of a signal into whole frames gives the same
//! output. Samples reach the network as they are: what it makes of a NaN is its
//! own affair.

use tract_tflite::internal::*;

use super::tflite::{self, NetworkState, PreparedNetwork};
use super::{FrontEnd, ModelInfo, Step};
use crate::error::{ErrorKind, Result};

/// The longest frame that is accepted, in samples: more than a second at 48 kHz.
/// A few bytes of a file can claim any length, and every lane gets buffers for it.
const MAX_FRAME: usize = 1 << 16;

const SUPPORTED: &str =
    "one float32 input of shape [1, N] and one float32 output of the same shape";

/// A model of the waveform family.
pub(super) struct Waveform {
    info: ModelInfo,
    network: PreparedNetwork,
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
        Ok(Waveform { info, network: tflite::prepare(graph, 1)? })
    }
}

impl FrontEnd for Waveform {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn stream(&self, _lanes: usize, _hops: usize) -> Result<Box<dyn Step>> {
        let state = self.network.spawn().map_err(tflite::inference)?;
        Ok(Box::new(Frames { state, frame: self.info.hop }))
    }
}

/// A run: each lane's frame goes through the network on its own.
struct Frames {
    state: NetworkState,
    frame: usize,
}

impl Step for Frames {
    fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<()> {
        let lanes = input.chunks_exact(self.frame).zip(output.chunks_exact_mut(self.frame));
        for (input, output) in lanes {
            let frame = Tensor::from_shape(&[1, self.frame], input).map_err(tflite::inference)?;
            let outputs = tflite::contained_run(|| self.state.run(tvec!(frame.into())))
                .map_err(tflite::inference)?;
            let enhanced = outputs[0].try_as_plain_ram().map_err(tflite::inference)?;
            output.copy_from_slice(enhanced.as_slice().map_err(tflite::inference)?);
        }
        Ok(())
    }

    fn reset(&mut self) {}
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
