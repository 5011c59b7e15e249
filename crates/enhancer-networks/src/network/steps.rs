//! Runs a network step by step, with the runtime that read its file. This is for networks that
//! cannot be partitioned, or have pieces without kernels.

use rayon::prelude::*;
use tract_tflite::internal::*;

use super::file::File;
use super::{Network, TensorInfo, is_worker};
use crate::error::{Error, Result};
use crate::program::check_floats;
use crate::tflite::{self, NetworkState};

/// A run that takes one step after the other, with each lane separate.
pub(crate) struct Steps {
    lanes: Vec<Lane>,
}

impl Steps {
    /// A run of the network in `file`.
    pub(super) fn new(network: &Network, file: &File, lanes: usize, steps: usize) -> Result<Steps> {
        let lanes = (0..lanes).map(|_| Lane::new(network, file, steps)).collect::<Result<_>>()?;
        Ok(Steps { lanes })
    }

    pub(super) fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        self.lanes[lane].input(input, step)
    }

    /// # Errors
    /// `Unsupported` if the output does not hold float32 numbers.
    pub(super) fn output(&self, output: usize, lane: usize, step: usize) -> Result<&[f32]> {
        self.lanes[lane].output(output, step).ok_or_else(|| Error::Unsupported {
            found: format!("other numbers in output {output}"),
            supported: "outputs of float32",
        })
    }

    pub(super) fn run(&mut self) -> Result<()> {
        let run = |lane: &mut Lane| tflite::contained_run(|| lane.run());
        let done = match is_worker() {
            true => self.lanes.par_iter_mut().try_for_each(run),
            false => self.lanes.iter_mut().try_for_each(run),
        };
        done.map_err(tflite::inference)
    }

    pub(super) fn reset(&mut self) {
        self.lanes.iter_mut().for_each(Lane::reset);
    }
}

struct Lane {
    state: NetworkState,
    inputs: Vec<Input>,
    /// The input and the output of each state.
    carried: Vec<(usize, usize)>,
    /// The outputs of each step that was run.
    outputs: Vec<TVec<TValue>>,
    steps: usize,
}

/// An input for the next steps.
struct Input {
    shape: TVec<usize>,
    /// The values from the front-end, step by step. Empty for a state.
    values: Vec<f32>,
    /// For a state, its value after the last step. `None` at the beginning, which means zeros.
    carried: Option<TValue>,
}

impl Lane {
    fn new(network: &Network, file: &File, steps: usize) -> Result<Lane> {
        let is_state = |at: usize| network.states.iter().any(|state| state.0 == at);
        let input = |(at, info): (usize, &TensorInfo)| {
            let supported = "inputs of float32 with a fixed size";
            let unsupported = || Error::Unsupported { found: info.to_string(), supported };
            let shape = info.shape.as_deref().ok_or_else(unsupported)?;
            let row = if is_state(at) { 0 } else { shape.iter().product() };
            check_floats(steps, row)?;
            let given = steps * row;
            Ok(Input { shape: shape.into(), values: vec![0.0; given], carried: None })
        };
        Ok(Lane {
            state: file.interpreted()?.spawn().map_err(tflite::inference)?,
            inputs: network.inputs.iter().enumerate().map(input).collect::<Result<_>>()?,
            carried: network.states.clone(),
            outputs: vec![],
            steps,
        })
    }

    fn input(&mut self, input: usize, step: usize) -> &mut [f32] {
        let values = &mut self.inputs[input].values;
        let len = values.len() / self.steps;
        &mut values[step * len..(step + 1) * len]
    }

    fn output(&self, output: usize, step: usize) -> Option<&[f32]> {
        let values = self.outputs.get(step).and_then(|outputs| outputs[output].as_plain_ram());
        values.and_then(|values| values.as_slice().ok())
    }

    fn run(&mut self) -> TractResult<()> {
        self.outputs.clear();
        for step in 0..self.steps {
            let inputs = self.inputs.iter_mut().map(|input| input.take(step, self.steps));
            let outputs = self.state.run(inputs.collect::<TractResult<_>>()?)?;
            for &(input, output) in &self.carried {
                self.inputs[input].carried = Some(outputs[output].clone());
            }
            self.outputs.push(outputs);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.outputs.clear();
        for input in &mut self.inputs {
            input.values.fill(0.0);
            input.carried = None;
        }
    }
}

impl Input {
    /// The value for one of `steps` steps.
    fn take(&mut self, step: usize, steps: usize) -> TractResult<TValue> {
        if let Some(state) = self.carried.take() {
            return Ok(state);
        }
        if self.values.is_empty() {
            return Tensor::zero::<f32>(&self.shape).map(Into::into);
        }
        let len = self.values.len() / steps;
        let values = &self.values[step * len..(step + 1) * len];
        Tensor::from_shape(&self.shape, values).map(Into::into)
    }
}
