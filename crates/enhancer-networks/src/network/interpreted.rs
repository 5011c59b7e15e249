//! A piece that has no kernels: the runtime that read the file runs it.

use tract_tflite::internal::*;

use crate::error::Result;
use crate::tflite::{self, NetworkState, PreparedNetwork};

/// A piece without kernels.
pub(crate) struct Interpreted {
    network: PreparedNetwork,
    /// The shapes of its inputs, for the number of rows that it runs at once.
    shapes: Vec<Vec<usize>>,
}

impl Interpreted {
    pub(super) fn new(network: PreparedNetwork, shapes: Vec<Vec<usize>>) -> Interpreted {
        Interpreted { network, shapes }
    }

    pub(super) fn run(&self) -> Result<InterpretedRun> {
        let state = self.network.spawn().map_err(tflite::inference)?;
        Ok(InterpretedRun { state, shapes: self.shapes.clone() })
    }
}

/// A run of such a piece.
pub(crate) struct InterpretedRun {
    state: NetworkState,
    shapes: Vec<Vec<usize>>,
}

impl InterpretedRun {
    /// Computes as many rows as its shapes have.
    pub(super) fn compute(&mut self, given: &[&[f32]], made: &mut [&mut [f32]]) -> Result<()> {
        let InterpretedRun { state, shapes } = self;
        let tensor = |(shape, values): (&Vec<usize>, &&[f32])| {
            Tensor::from_shape(shape, values).map(Into::into)
        };
        let run = || {
            let inputs = shapes.iter().zip(given).map(tensor).collect::<TractResult<_>>()?;
            let outputs = state.run(inputs)?;
            for (made, output) in made.iter_mut().zip(&outputs) {
                made.copy_from_slice(output.try_as_plain_ram()?.as_slice()?);
            }
            Ok(())
        };
        tflite::contained_run(run).map_err(tflite::inference)
    }
}
