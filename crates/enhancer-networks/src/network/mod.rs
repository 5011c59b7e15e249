//! A network: run over lanes, with states that are carried from step to step.
//!
//! There are two ways to run it. The results are the same except for rounding. A [`Sequence`] runs
//! compiled pieces for one step or for many: everything that does not need the previous step runs
//! for many steps together. `Steps` run all other networks step by step.

mod blocks;
#[cfg(feature = "tflite")]
mod build;
mod compiled;
mod delays;
#[cfg(feature = "tflite")]
mod file;
#[cfg(feature = "tflite")]
mod interpreted;
#[cfg(feature = "tflite")]
mod lines;
#[cfg(feature = "tflite")]
mod partition;
mod piece;
mod sequence;
mod stages;
#[cfg(feature = "tflite")]
mod steps;
mod waves;

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, Result, check_place};
use crate::program::{Program, check_rows};
#[cfg(feature = "tflite")]
use file::File;
use sequence::Sequence;
use stages::Stages;
#[cfg(feature = "tflite")]
use steps::Steps;

/// The tables of a piece. For the built-in models, listing them allocates nothing, so that a step
/// does not wait for the allocator.
type Tables<T> = SmallVec<[T; 64]>;

/// The maximum number of states of a network that is partitioned.
const MOST_STATES: usize = 64;

/// A network: what its file contains, and what was prepared for running it.
pub struct Network {
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
    /// The pairs of an input and an output for the same state.
    states: Vec<(usize, usize)>,
    source: Source,
}

/// Where runs come from.
enum Source {
    /// A `.tflite` file, from which things are prepared on request.
    #[cfg(feature = "tflite")]
    File(Box<File>),
    /// Compiled before, to run step by step and for many steps at once.
    Steps(Arc<Stages>),
    /// Compiled before, as one program.
    Program(Arc<Program>),
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
    fn float32(shape: Vec<usize>) -> TensorInfo {
        TensorInfo { text: format!("float32 {shape:?}"), shape: Some(shape) }
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
    /// Reads a network for one lane and one step at a time: a compiled one, or a `.tflite` file.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are damaged, `Unsupported` if there is an unknown operator, if the
    /// network was compiled for another version of this crate, or if it is a `.tflite` file and this
    /// crate was built without the feature `tflite`. `LimitExceeded` if it needs more memory than
    /// networks for speech do.
    pub fn read(file: &[u8]) -> Result<Network> {
        if let Some(network) = compiled::read(file)? {
            return Ok(network);
        }
        #[cfg(feature = "tflite")]
        return File::read(file);
        #[cfg(not(feature = "tflite"))]
        Err(match file.get(4..8) {
            Some(b"TFL3") => Error::Unsupported {
                found: "a .tflite file".into(),
                supported: "compiled networks: this build does not read .tflite files",
            },
            _ => Error::Corrupt { reason: "it is not a compiled network".into() },
        })
    }

    /// Defines states. Each is the index of an input and the index of the output with its next
    /// value. States are zero at first. Callers neither write nor read them.
    ///
    /// # Errors
    /// `InvalidValue` if an index is not that of an input or output, if their shapes differ, if
    /// two states have the same input, or if a network was compiled with other states.
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
        #[cfg(feature = "tflite")]
        if let Source::File(file) = &self.source {
            // What was prepared before carries other states.
            file.forget();
            return Ok(Network { states, ..self });
        }
        let sorted = |states: &[(usize, usize)]| {
            let mut states = states.to_vec();
            states.sort_unstable();
            states
        };
        if sorted(&states) != sorted(&self.states) {
            let expected = format!("{:?}, with which it was compiled", self.states);
            let actual = format!("{states:?}");
            return Err(Error::invalid("the states of the network", expected, actual));
        }
        Ok(self)
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
        let kind = match &self.source {
            #[cfg(feature = "tflite")]
            Source::File(file) => {
                // The runtime takes a block of steps at once, even for a single step.
                let fits = |stages: &Arc<Stages>| steps > 1 || stages.interpreted() == 0;
                match file.stages(&self.states).filter(fits) {
                    Some(stages) => Kind::Sequence(Sequence::new(stages, lanes, steps)?),
                    None => Kind::Steps(Steps::new(self, file, lanes, steps)?),
                }
            }
            Source::Steps(stages) => Kind::Sequence(Sequence::new(stages.clone(), lanes, steps)?),
            Source::Program(_) => return Err(otherwise("one program")),
        };
        Ok(Run { kind, ports: Ports::new(self, lanes, steps), has_run: false })
    }

    /// The whole network as one program, without states.
    ///
    /// # Errors
    /// `Corrupt`, or `Unsupported` if an operator has no kernel, or if the network was compiled to run
    /// step by step.
    pub fn program(&self) -> Result<Arc<Program>> {
        match &self.source {
            #[cfg(feature = "tflite")]
            Source::File(file) => {
                Ok(Arc::new(file.program()?.program(crate::kernels::Isa::best())))
            }
            Source::Steps(_) => Err(otherwise("steps")),
            Source::Program(program) => Ok(program.clone()),
        }
    }

    /// The network in compiled form, which [`read`](Self::read) reads many times as fast. It runs on any
    /// machine, with the results of the network itself, but only with this version of the crate.
    ///
    /// # Errors
    /// `Unsupported` if an operator has no kernel, or if this is a compiled network already. `Corrupt` or
    /// `LimitExceeded` if the network cannot be prepared, or would not be read.
    #[cfg(feature = "tflite")]
    pub fn compiled(&self) -> Result<Vec<u8>> {
        compiled::write(self, compiled::Content::Steps(self.file()?.compiled_stages(&self.states)?))
    }

    /// The whole network as one program, without states, in compiled form.
    ///
    /// # Errors
    /// As for [`compiled`](Self::compiled).
    #[cfg(feature = "tflite")]
    pub fn compiled_program(&self) -> Result<Vec<u8>> {
        compiled::write(self, compiled::Content::Program(self.file()?.program()?))
    }

    #[cfg(feature = "tflite")]
    fn file(&self) -> Result<&File> {
        match &self.source {
            Source::File(file) => Ok(file),
            Source::Steps(_) | Source::Program(_) => Err(Error::Unsupported {
                found: "a compiled network".into(),
                supported: "compiling .tflite files",
            }),
        }
    }
}

/// The error for a network that was compiled `for_what`, and is used otherwise.
fn otherwise(for_what: &str) -> Error {
    let found = format!("a network that was compiled to run as {for_what}");
    Error::Unsupported { found, supported: "one that was compiled for the model's front-end" }
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
    #[cfg(feature = "tflite")]
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
            #[cfg(feature = "tflite")]
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
            #[cfg(feature = "tflite")]
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
            #[cfg(feature = "tflite")]
            Kind::Steps(steps) => steps.run(),
            Kind::Sequence(sequence) => sequence.run(),
        };
        self.has_run = done.is_ok();
        done
    }

    /// Resets this run to its initial state.
    pub fn reset(&mut self) {
        self.has_run = false;
        match &mut self.kind {
            #[cfg(feature = "tflite")]
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

#[cfg(all(test, feature = "tflite"))]
mod scaling;
#[cfg(all(test, feature = "tflite"))]
mod tests;
