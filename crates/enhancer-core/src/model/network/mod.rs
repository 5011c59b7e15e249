//! A network of a model: run over lanes, its states carried from step to step.
//!
//! There are two ways to run it, with the same results but for rounding. A [`Sequence`]
//! runs compiled pieces of it, for one step or for many: all that need not wait for the
//! step before runs for many steps together. [`Steps`] are for what cannot run so.

mod blocks;
mod partition;
mod piece;
mod sequence;
mod stages;
mod steps;
mod waves;

use std::sync::{Arc, Mutex};

use enhancer_networks::{Program, Use};
use smallvec::SmallVec;
use tract_tflite::internal::TypedModel;

use super::description::{Port, Role};
use super::tflite::{self, PreparedNetwork};
use crate::error::{ErrorKind, Result};
use crate::panics::lock;
use sequence::Sequence;
use stages::Stages;
use steps::Steps;

/// The tables of a piece. To list those of the built-in models allocates nothing, so that a step
/// does not wait for the allocator.
type Tables<T> = SmallVec<[T; 64]>;

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
    /// The file's graph of one lane, which the check of the file has read, until something is
    /// prepared.
    read: Option<TypedModel>,
    interpreted: Option<PreparedNetwork>,
    /// None inside if the network cannot be cut.
    stages: Option<Option<Arc<Stages>>>,
}

impl Network {
    pub(super) fn new(file: Vec<u8>, inputs: Vec<Port>, outputs: Vec<Port>) -> Network {
        Network { file, inputs, outputs, prepared: Mutex::default() }
    }

    /// The same with the graph of one lane that was read from its file, which is not read again.
    pub(super) fn with_graph(self, graph: TypedModel) -> Network {
        let prepared = Prepared { read: Some(graph), ..Prepared::default() };
        Network { prepared: Mutex::new(prepared), ..self }
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
        // The runtime takes a block of steps at once, for one step too.
        let fits = |stages: &Arc<Stages>| steps > 1 || stages.interpreted() == 0;
        match self.stages().filter(fits) {
            Some(stages) => Sequence::new(stages, lanes, steps).map(Run::Sequence),
            None => Steps::new(self, lanes, steps).map(Run::Steps),
        }
    }

    /// All of it as one program, which knows of no states.
    ///
    /// # Errors
    /// `CorruptModel`, or `UnsupportedModel` if there is an operator that has no kernel.
    pub(super) fn program(&self) -> Result<Arc<Program>> {
        let graph = tflite::read(&self.file, stages::LANES)?;
        let graph = tflite::contained(|| tflite::simplified(graph))?;
        let program = enhancer_networks::compile(&graph, Use::Rows).map_err(|unsupported| {
            let (found, supported) = (unsupported.to_string(), "operators that have a kernel");
            ErrorKind::UnsupportedModel { found, supported }
        })?;
        Ok(Arc::new(program))
    }

    /// The pairs of an input and an output that are the same state.
    fn states(&self) -> Vec<(usize, usize)> {
        let state_of = |(input, port): (usize, &Port)| {
            let output = self.outputs.iter().position(|output| output.role == port.role);
            output.filter(|_| matches!(port.role, Role::State(_))).map(|output| (input, output))
        };
        self.inputs.iter().enumerate().filter_map(state_of).collect()
    }

    /// The network as the runtime that read its file runs it, a step of a lane at a time.
    fn interpreted(&self) -> Result<PreparedNetwork> {
        // A second caller waits here, which is faster than preparing again.
        let mut prepared = lock(&self.prepared);
        if let Some(network) = &prepared.interpreted {
            return Ok(network.clone());
        }
        let network = tflite::prepare(self.graph(&mut prepared)?, 1)?;
        Ok(prepared.interpreted.insert(network).clone())
    }

    /// The graph of one lane.
    fn graph(&self, prepared: &mut Prepared) -> Result<TypedModel> {
        prepared.read.take().map_or_else(|| tflite::read(&self.file, 1), Ok)
    }

    /// The network cut into pieces, if it can be: some graphs of others cannot.
    fn stages(&self) -> Option<Arc<Stages>> {
        let mut prepared = lock(&self.prepared);
        if let Some(stages) = &prepared.stages {
            return stages.clone();
        }
        // What stands against cutting it does not stand against running it step by step.
        let one = self.graph(&mut prepared);
        let stages = one.and_then(|one| Stages::prepare(&self.file, one, &self.states()));
        let stages = stages.ok().map(Arc::new);
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
mod scaling;
#[cfg(test)]
mod tests;
