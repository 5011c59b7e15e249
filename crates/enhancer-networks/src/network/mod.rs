//! A network: run over lanes, with states that are carried from step to step.
//!
//! There are two ways to run it. The results are the same except for rounding. A [`Sequence`] runs
//! compiled pieces for one step or for many: everything that does not need the previous step runs
//! for many steps together. [`Steps`] run all other networks step by step.

mod blocks;
mod delays;
mod partition;
mod piece;
mod sequence;
mod stages;
mod steps;
mod waves;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;
use tract_tflite::internal::*;

use crate::compile::{Use, compile};
use crate::error::{Error, Result, check_place};
use crate::panics::lock;
use crate::program::{Program, check_rows};
use crate::tflite::{self, PreparedNetwork};
use sequence::Sequence;
use stages::Stages;
use steps::Steps;

/// The tables of a piece. For the built-in models, listing them allocates nothing, so that a step
/// does not wait for the allocator.
type Tables<T> = SmallVec<[T; 64]>;

/// A network: the content of its file, and what was prepared for running it.
pub struct Network {
    file: Vec<u8>,
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// The pairs of an input and an output for the same state.
    states: Vec<(usize, usize)>,
    prepared: Mutex<Prepared>,
}

/// What was prepared so far, on request.
#[derive(Default)]
struct Prepared {
    /// The file's graph for one lane, until something is prepared.
    read: Option<TypedModel>,
    interpreted: Option<PreparedNetwork>,
    /// The inner option is `None` if the network cannot be partitioned.
    stages: Option<Option<Arc<Stages>>>,
}

/// An input or output of a network. Its `Display` is for people: `float32 [1, 257]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its shape, if it holds float32 numbers and its size is fixed. Only such networks can be run.
    /// The first dimension is that of the lanes, 1.
    shape: Option<Vec<usize>>,
    text: String,
}

impl TensorInfo {
    fn of(graph: &TypedModel, outlet: OutletId) -> TensorInfo {
        let fact = graph.outlet_fact(outlet).ok();
        let fact = fact.filter(|fact| fact.datum_type == f32::datum_type());
        let shape = fact.and_then(|fact| fact.shape.as_concrete()).map(<[usize]>::to_vec);
        TensorInfo { shape, text: tflite::fact_text(graph, outlet) }
    }

    /// Its shape including the leading lane, if it is float32 of a fixed size.
    pub fn shape(&self) -> Option<&[usize]> {
        self.shape.as_deref()
    }
}

impl fmt::Display for TensorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Network {
    /// Reads a `.tflite` file with a network for one lane and one step at a time.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are damaged, `Unsupported` if there is an unknown operator,
    /// `LimitExceeded` if it needs more memory than networks for speech do.
    pub fn read(file: &[u8]) -> Result<Network> {
        let graph = tflite::read(file, 1)?;
        let infos = |outlets: &[OutletId]| {
            outlets.iter().map(|&outlet| TensorInfo::of(&graph, outlet)).collect()
        };
        let (inputs, outputs) = (infos(&graph.inputs), infos(&graph.outputs));
        // The first preparation does not read the file again.
        let prepared = Mutex::new(Prepared { read: Some(graph), ..Prepared::default() });
        Ok(Network { file: file.to_vec(), inputs, outputs, states: vec![], prepared })
    }

    /// Defines states. Each is the index of an input and the index of the output with its next
    /// value. States are zero at first. Callers neither write nor read them.
    ///
    /// # Errors
    /// `InvalidValue` if an index is not that of an input or output, if their shapes differ, or if
    /// two states have the same input.
    pub fn with_states(self, states: Vec<(usize, usize)>) -> Result<Network> {
        for (at, &(input, output)) in states.iter().enumerate() {
            check_place("the input of a state", input, self.inputs.len())?;
            check_place("the output of a state", output, self.outputs.len())?;
            let (taken, made) = (&self.inputs[input], &self.outputs[output]);
            if taken.shape != made.shape {
                let expected = format!("{taken}, which its input is");
                return Err(Error::invalid("the output of a state", expected, made));
            }
            if states[..at].iter().any(|other| other.0 == input) {
                let name = "the input of a state";
                return Err(Error::invalid(name, "one that no other state has", input));
            }
        }
        let mut network = Network { states, ..self };
        // What was prepared before carries other states.
        let prepared = network.prepared.get_mut().unwrap_or_else(PoisonError::into_inner);
        (prepared.interpreted, prepared.stages) = (None, None);
        Ok(network)
    }

    /// The inputs.
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    /// The outputs.
    pub fn outputs(&self) -> &[TensorInfo] {
        &self.outputs
    }

    /// Prepares a new run over this many lanes that takes this many steps at once.
    ///
    /// # Errors
    /// `InvalidValue` if there are no lanes or no steps. `LimitExceeded` if lanes times steps are more
    /// than 65 536. `Corrupt`, `Unsupported` or `Inference` if the network cannot be prepared for them.
    pub fn run(&self, lanes: usize, steps: usize) -> Result<Run> {
        check_rows("the lanes of a run", lanes)?;
        check_rows("the steps of a run", steps)?;
        check_rows("the lanes of a run times its steps", lanes.saturating_mul(steps))?;
        // The runtime takes a block of steps at once, even for a single step.
        let fits = |stages: &Arc<Stages>| steps > 1 || stages.interpreted() == 0;
        let kind = match self.stages().filter(fits) {
            Some(stages) => Kind::Sequence(Sequence::new(stages, lanes, steps)?),
            None => Kind::Steps(Steps::new(self, lanes, steps)?),
        };
        Ok(Run { kind, ports: Ports::new(self, lanes, steps), has_run: false })
    }

    /// The whole network as one program, without states.
    ///
    /// # Errors
    /// `Corrupt`, or `Unsupported` if an operator has no kernel.
    pub fn program(&self) -> Result<Arc<Program>> {
        let graph = tflite::read(&self.file, stages::LANES)?;
        let graph = tflite::contained(|| tflite::simplified(graph))?;
        let program = compile(&graph, Use::Rows).map_err(|unsupported| {
            let (found, supported) = (unsupported.to_string(), "operators that have a kernel");
            Error::Unsupported { found, supported }
        })?;
        Ok(Arc::new(program))
    }

    /// The network for the runtime that read its file, one step of one lane at a time.
    fn interpreted(&self) -> Result<PreparedNetwork> {
        // A second caller waits here, which is faster than preparing it again.
        let mut prepared = lock(&self.prepared);
        if let Some(network) = &prepared.interpreted {
            return Ok(network.clone());
        }
        let network = tflite::prepare(self.graph(&mut prepared)?, 1)?;
        Ok(prepared.interpreted.insert(network).clone())
    }

    /// The graph for one lane.
    fn graph(&self, prepared: &mut Prepared) -> Result<TypedModel> {
        prepared.read.take().map_or_else(|| tflite::read(&self.file, 1), Ok)
    }

    /// The network, partitioned into pieces. Some graphs of other authors cannot be partitioned.
    fn stages(&self) -> Option<Arc<Stages>> {
        let mut prepared = lock(&self.prepared);
        if let Some(stages) = &prepared.stages {
            return stages.clone();
        }
        // An obstacle to partitioning does not prevent running step by step.
        let one = self.graph(&mut prepared);
        let stages = one.and_then(|one| Stages::prepare(&self.file, one, &self.states));
        let stages = stages.ok().map(Arc::new);
        prepared.stages = Some(stages.clone());
        stages
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Network { inputs, outputs, states, .. } = self;
        f.debug_struct("Network")
            .field("inputs", inputs)
            .field("outputs", outputs)
            .field("states", states)
            .finish_non_exhaustive()
    }
}

/// Whether a run can share its work with other workers. Other threads must not wait for workers: in
/// the browser the page's thread is not allowed to, and elsewhere rayon would start threads that
/// nobody asked for.
fn is_worker() -> bool {
    rayon::current_thread_index().is_some()
}

/// A run of a [`Network`] over some lanes.
pub struct Run {
    kind: Kind,
    ports: Ports,
    /// Whether there is something to read.
    has_run: bool,
}

enum Kind {
    Steps(Steps),
    Sequence(Sequence),
}

/// What a caller of a run may write and read.
struct Ports {
    /// Of each input and output, whether it is a state.
    inputs: Vec<bool>,
    outputs: Vec<bool>,
    lanes: usize,
    steps: usize,
}

impl Ports {
    fn new(network: &Network, lanes: usize, steps: usize) -> Ports {
        let Network { inputs, outputs, states, .. } = network;
        let is_taken = |at: usize| states.iter().any(|state| state.0 == at);
        let is_made = |at: usize| states.iter().any(|state| state.1 == at);
        Ports {
            inputs: (0..inputs.len()).map(is_taken).collect(),
            outputs: (0..outputs.len()).map(is_made).collect(),
            lanes,
            steps,
        }
    }

    fn check_input(&self, input: usize, lane: usize, step: usize) -> Result<()> {
        self.check("the input of a run", &self.inputs, input, lane, step)
    }

    fn check_output(&self, output: usize, lane: usize, step: usize) -> Result<()> {
        self.check("the output of a run", &self.outputs, output, lane, step)
    }

    fn check(
        &self,
        name: &'static str,
        is_state: &[bool],
        port: usize,
        lane: usize,
        step: usize,
    ) -> Result<()> {
        check_place(name, port, is_state.len())?;
        if is_state[port] {
            return Err(Error::invalid(name, "one that is not a state", port));
        }
        check_place("the lane of a run", lane, self.lanes)?;
        check_place("the step of a run", step, self.steps)
    }
}

impl Run {
    /// The buffer for an input of a lane, for one of the next steps.
    ///
    /// # Errors
    /// `InvalidValue` if there is no such input, lane or step, or if the input is a state.
    pub fn input(&mut self, input: usize, lane: usize, step: usize) -> Result<&mut [f32]> {
        self.ports.check_input(input, lane, step)?;
        Ok(match &mut self.kind {
            Kind::Steps(steps) => steps.input(input, lane, step),
            Kind::Sequence(sequence) => sequence.input(input, lane, step),
        })
    }

    /// An output of a lane, for one of the steps that were run last.
    ///
    /// # Errors
    /// `InvalidValue` if there is no such output, lane or step, if the output is a state, or if
    /// no steps were run yet. `Unsupported` if the output does not hold float32 numbers.
    pub fn output(&self, output: usize, lane: usize, step: usize) -> Result<&[f32]> {
        self.ports.check_output(output, lane, step)?;
        if !self.has_run {
            let expected = "1 or more: an output can be read after a run";
            return Err(Error::invalid("the number of runs", expected, 0));
        }
        match &self.kind {
            Kind::Steps(steps) => steps.output(output, lane, step),
            Kind::Sequence(sequence) => Ok(sequence.output(output, lane, step)),
        }
    }

    /// Runs the next steps of all lanes. On a thread of a rayon pool, it shares the work with the
    /// pool's other threads. The results do not depend on their number.
    ///
    /// # Errors
    /// `Inference` if the runtime fails.
    pub fn run(&mut self) -> Result<()> {
        let done = match &mut self.kind {
            Kind::Steps(steps) => steps.run(),
            Kind::Sequence(sequence) => sequence.run(),
        };
        self.has_run = done.is_ok();
        done.map_err(tflite::inference)
    }

    /// Resets this run to its initial state.
    pub fn reset(&mut self) {
        self.has_run = false;
        match &mut self.kind {
            Kind::Steps(steps) => steps.reset(),
            Kind::Sequence(sequence) => sequence.reset(),
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod scaling;
#[cfg(test)]
mod tests;
