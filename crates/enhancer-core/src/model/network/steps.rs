//! A network step by step, as the steps come.

use rayon::prelude::*;
use tract_tflite::internal::*;

use super::{Network, is_worker};
use crate::error::Result;
use crate::model::description::{Port, Role};
use crate::model::tflite::{self, NetworkState};

/// How many lanes the next of `left` lanes go together. Each size is a network of
/// its own in memory, so there are few; a step of two lanes costs as much as two
/// steps of one, and one of eight little more than one of six.
fn batch_size(left: usize) -> usize {
    match left {
        0..=2 => 1,
        3..=5 => 4,
        6..=11 => 8,
        _ => 16,
    }
}

/// A run that takes one step after the other.
pub(in super::super) struct Steps {
    batches: Vec<Batch>,
    /// The batch of each lane, and its place there.
    places: Vec<(usize, usize)>,
}

impl Steps {
    pub(super) fn new(network: &Network, lanes: usize, steps: usize) -> Result<Steps> {
        let (mut batches, mut places) = (vec![], vec![]);
        while places.len() < lanes {
            let left = lanes - places.len();
            let size = batch_size(left);
            let size = if size == 1 || network.takes_lanes()? { size } else { 1 };
            places.extend((0..left.min(size)).map(|lane| (batches.len(), lane)));
            batches.push(Batch::new(network, size, steps)?);
        }
        Ok(Steps { batches, places })
    }

    pub(super) fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        let (batch, lane) = self.places[lane];
        self.batches[batch].input(input, lane, step)
    }

    pub(super) fn output(&self, output: usize, lane: usize, step: usize) -> &[f32] {
        let (batch, lane) = self.places[lane];
        self.batches[batch].output(output, lane, step)
    }

    pub(super) fn run(&mut self) -> TractResult<()> {
        if is_worker() {
            let batches = self.batches.par_iter_mut();
            return batches.try_for_each(|batch| tflite::contained_run(|| batch.run()));
        }
        self.batches.iter_mut().try_for_each(Batch::run)
    }

    pub(super) fn reset(&mut self) {
        self.batches.iter_mut().for_each(Batch::reset);
    }
}

/// Lanes that go through the runtime together.
struct Batch {
    /// How many they are; those that the run does not need idle.
    size: usize,
    state: NetworkState,
    inputs: Vec<Input>,
    /// The input and the output of each state.
    carried: Vec<(usize, usize)>,
    /// Of each step that was run.
    outputs: Vec<TVec<TValue>>,
    steps: usize,
}

/// An input of the next steps.
struct Input {
    shape: TVec<usize>,
    /// What the front-end wrote, step by step, all lanes one after the other; of a
    /// state nothing.
    values: Vec<f32>,
    /// Of a state, what the last step gave; at the beginning nothing, which is zeros.
    carried: Option<TValue>,
}

impl Batch {
    fn new(network: &Network, size: usize, steps: usize) -> Result<Batch> {
        let input = |port: &Port| Input {
            shape: std::iter::once(size).chain(port.shape.iter().copied()).collect(),
            values: match port.role {
                Role::Named(_) => vec![0.0; steps * size * port.len()],
                Role::State(_) => vec![],
            },
            carried: None,
        };
        Ok(Batch {
            size,
            state: network.steps(size)?.spawn().map_err(tflite::inference)?,
            inputs: network.inputs.iter().map(input).collect(),
            carried: network.states(),
            outputs: vec![],
            steps,
        })
    }

    fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        let values = &mut self.inputs[input].values;
        let len = values.len() / (self.steps * self.size);
        let at = (step * self.size + lane) * len;
        &mut values[at..at + len]
    }

    fn output(&self, output: usize, lane: usize, step: usize) -> &[f32] {
        let values = self.outputs.get(step).and_then(|outputs| outputs[output].as_plain_ram());
        let values = values.and_then(|values| values.as_slice().ok()).unwrap_or_default();
        let len = values.len() / self.size;
        &values[lane * len..(lane + 1) * len]
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
    /// The value for one of so many steps.
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
