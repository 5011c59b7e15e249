//! A network of a model: run over lanes, its states carried from step to step.
//!
//! There are two ways to run it, with the same results but for rounding. [`Steps`]
//! go one after the other. A [`Sequence`] takes many steps at once and is faster,
//! since all that need not wait for the step before runs for many steps together.

mod partition;
mod piece;
mod sequence;
mod stages;
mod steps;
mod waves;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::description::{Port, Role};
use super::tflite::{self, PreparedNetwork};
use crate::error::{ErrorKind, Result};
use crate::panics::lock;
use sequence::Sequence;
use stages::Stages;
use steps::Steps;

/// A network as its file holds it, and as it is prepared for running.
pub(super) struct Network {
    file: Vec<u8>,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    prepared: Mutex<Prepared>,
}

/// What was prepared, since it was asked for.
#[derive(Default)]
struct Prepared {
    /// By the number of lanes.
    steps: BTreeMap<usize, PreparedNetwork>,
    /// None inside if the network cannot be cut.
    stages: Option<Option<Arc<Stages>>>,
    /// Whether several lanes can run together.
    takes_lanes: Option<bool>,
}

impl Network {
    pub(super) fn new(file: Vec<u8>, inputs: Vec<Port>, outputs: Vec<Port>) -> Network {
        Network { file, inputs, outputs, prepared: Mutex::default() }
    }

    pub(super) fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    pub(super) fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The place of the input with that role.
    ///
    /// # Panics
    /// If there is none: descriptions are checked for what their front-end needs.
    pub(super) fn input(&self, role: &str) -> usize {
        place(&self.inputs, role)
    }

    /// The place of the output with that role.
    ///
    /// # Panics
    /// As [`input`](Self::input).
    pub(super) fn output(&self, role: &str) -> usize {
        place(&self.outputs, role)
    }

    /// A run over that many lanes which takes so many steps at once, at its
    /// beginning.
    ///
    /// # Errors
    /// `UnsupportedModel` or `CorruptModel` if the network cannot be prepared for it.
    pub(super) fn run(&self, lanes: usize, steps: usize) -> Result<Run> {
        let stages = if steps == 1 { None } else { self.stages() };
        match stages {
            Some(stages) => Sequence::new(stages, lanes, steps).map(Run::Sequence),
            None => Steps::new(self, lanes, steps).map(Run::Steps),
        }
    }

    /// The pairs of an input and an output that are the same state.
    fn states(&self) -> Vec<(usize, usize)> {
        let state_of = |(input, port): (usize, &Port)| {
            let output = self.outputs.iter().position(|output| output.role == port.role);
            output.filter(|_| matches!(port.role, Role::State(_))).map(|output| (input, output))
        };
        self.inputs.iter().enumerate().filter_map(state_of).collect()
    }

    /// The network for steps of that many lanes.
    fn steps(&self, lanes: usize) -> Result<PreparedNetwork> {
        // A second caller waits here, which is faster than preparing again.
        let mut prepared = lock(&self.prepared);
        if let Some(network) = prepared.steps.get(&lanes) {
            return Ok(network.clone());
        }
        let network = tflite::prepare(tflite::read(&self.file, lanes)?, lanes)?;
        prepared.steps.insert(lanes, network.clone());
        Ok(network)
    }

    /// Whether several lanes can run together: in some graphs of others they would
    /// mix, and each runs by itself.
    fn takes_lanes(&self) -> Result<bool> {
        let mut prepared = lock(&self.prepared);
        if let Some(takes_lanes) = prepared.takes_lanes {
            return Ok(takes_lanes);
        }
        let takes_lanes = match tflite::read(&self.file, 2) {
            Ok(_) => true,
            Err(error) if matches!(error.kind(), ErrorKind::UnsupportedModel { .. }) => false,
            Err(error) => return Err(error),
        };
        prepared.takes_lanes = Some(takes_lanes);
        Ok(takes_lanes)
    }

    /// The network for sequences of steps, if it can be cut for them: some graphs
    /// of others cannot, and run step by step.
    fn stages(&self) -> Option<Arc<Stages>> {
        let mut prepared = lock(&self.prepared);
        if let Some(stages) = &prepared.stages {
            return stages.clone();
        }
        // What stands against cutting it does not stand against running it step by step.
        let stages = Stages::prepare(&self.file, &self.states()).ok().map(Arc::new);
        prepared.stages = Some(stages.clone());
        stages
    }
}

/// Whether a run can share its work with other workers. Others must not wait for them:
/// in the browser the page's thread may not, and elsewhere rayon would start threads that
/// nobody asked for.
fn is_worker() -> bool {
    rayon::current_thread_index().is_some()
}

fn place(ports: &[Port], role: &str) -> usize {
    ports
        .iter()
        .position(|port| port.role == Role::Named(role.into()))
        .expect("the description has all roles")
}

/// A run of a [`Network`].
pub(super) enum Run {
    Steps(Steps),
    Sequence(Sequence),
}

impl Run {
    /// Where an input of a lane is to be written, for one of the steps that come
    /// next.
    pub(super) fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        match self {
            Run::Steps(steps) => steps.input(input, lane, step),
            Run::Sequence(sequence) => sequence.input(input, lane, step),
        }
    }

    /// An output of a lane, of one of the steps that were run last.
    pub(super) fn output(&self, output: usize, lane: usize, step: usize) -> &[f32] {
        match self {
            Run::Steps(steps) => steps.output(output, lane, step),
            Run::Sequence(sequence) => sequence.output(output, lane, step),
        }
    }

    /// Runs the next steps of all lanes.
    ///
    /// # Errors
    /// `Inference` if the runtime fails.
    pub(super) fn run(&mut self) -> Result<()> {
        let done = match self {
            Run::Steps(steps) => steps.run(),
            Run::Sequence(sequence) => sequence.run(),
        };
        done.map_err(tflite::inference)
    }

    /// Makes this run equal to a new one.
    pub(super) fn reset(&mut self) {
        match self {
            Run::Steps(steps) => steps.reset(),
            Run::Sequence(sequence) => sequence.reset(),
        }
    }
}

#[cfg(test)]
mod tests;
