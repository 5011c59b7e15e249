//! Networks in compiled form: partitioned, compiled, and stored before anything depends on the machine.
//!
//! A file begins with [`MAGIC`] and [`VERSION`]. The rest is in the format of `postcard`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stages::{MOST_IN_ROW, Next, PieceStage, Planned, Stages, TableShape};
use super::{MOST_STATES, Network, Source, TensorInfo};
use crate::error::{Error, Result, check_limit};
use crate::kernels::Isa;
use crate::panics::contain;
use crate::plan::ProgramPlan;

const MAGIC: &[u8] = b"ENHNET";
/// Changes with every change of a kernel's plan: other versions are refused, because nothing is kept
/// that cannot be compiled again from its source.
const VERSION: u8 = 1;

/// The most floats that all pieces together keep and write for a row: a few bytes of a file can ask for
/// any number. GTCRN has the most of the built-in models, with fewer than 280 000.
const MOST_FLOATS: usize = 1 << 24;

/// What follows the version.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// The shapes of the inputs and outputs, which hold float32 numbers.
    inputs: Vec<Vec<usize>>,
    outputs: Vec<Vec<usize>>,
    states: Vec<(usize, usize)>,
    content: Content,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Content {
    Steps(Stages<Planned>),
    Program(ProgramPlan),
}

/// Stores a network.
#[cfg(feature = "tflite")]
pub(super) fn write(network: &Network, content: Content) -> Result<Vec<u8>> {
    let shapes = |infos: &[TensorInfo]| {
        let shapes = infos.iter().map(|info| info.shape().map(<[usize]>::to_vec));
        let shapes: Option<Vec<_>> = shapes.collect();
        shapes.ok_or_else(|| Error::Unsupported {
            found: "an input or output of another kind".into(),
            supported: "inputs and outputs of float32 with a fixed size",
        })
    };
    let (inputs, outputs) = (shapes(&network.inputs)?, shapes(&network.outputs)?);
    let stored = Stored { inputs, outputs, states: network.states.clone(), content };
    // What is written can be read.
    stored.check()?;
    let mut bytes = MAGIC.to_vec();
    bytes.push(VERSION);
    postcard::to_extend(&stored, bytes).map_err(|error| corrupt(error.to_string()))
}

/// Reads a compiled network; `None` if it is another file.
///
/// # Errors
/// `Corrupt`, `Unsupported` if it is of another version, `LimitExceeded`.
pub(super) fn read(file: &[u8]) -> Result<Option<Network>> {
    let Some((&version, rest)) = file.strip_prefix(MAGIC).and_then(<[u8]>::split_first) else {
        return Ok(None);
    };
    if version != VERSION {
        return Err(Error::Unsupported {
            found: format!("a network that was compiled for version {version} of the kernels"),
            supported: "networks that this version has compiled: compile its .tflite file again",
        });
    }
    let (stored, behind) = postcard::take_from_bytes::<Stored>(rest)
        .map_err(|error| corrupt(format!("its content cannot be read: {error}")))?;
    if !behind.is_empty() {
        return Err(corrupt(format!("{} bytes follow its end", behind.len())));
    }
    stored.check()?;
    let Stored { inputs, outputs, states, content } = stored;
    // The checks leave no reason to panic. If there is one, it is the file's fault.
    let source = match content {
        Content::Steps(stages) => Source::Steps(Arc::new(stages.prepared(Isa::best())?)),
        Content::Program(plan) => {
            let program = contain(|| plan.program(Isa::best())).map_err(corrupt)?;
            Source::Program(Arc::new(program))
        }
    };
    let infos = |shapes: Vec<Vec<usize>>| shapes.into_iter().map(TensorInfo::float32).collect();
    let (inputs, outputs) = (infos(inputs), infos(outputs));
    Ok(Some(Network { inputs, outputs, states, source }))
}

fn corrupt(reason: impl Into<String>) -> Error {
    Error::Corrupt { reason: reason.into() }
}

/// Reports what does not fit.
fn sure(is_so: bool, what: &str) -> Result<()> {
    if is_so { Ok(()) } else { Err(corrupt(format!("{what} does not fit"))) }
}

impl Stored {
    fn check(&self) -> Result<()> {
        let Stored { inputs, outputs, states, content } = self;
        let rows = |shapes: &[Vec<usize>]| -> Result<Vec<usize>> {
            let rows: Option<_> = shapes.iter().map(|shape| row(shape)).collect();
            rows.ok_or_else(|| corrupt("the shape of an input or output does not fit"))
        };
        let (given, made) = (rows(inputs)?, rows(outputs)?);
        sure(states.len() <= MOST_STATES, "the number of states")?;
        let is_there =
            |&(input, output): &(usize, usize)| input < inputs.len() && output < outputs.len();
        sure(states.iter().all(is_there), "a state")?;
        match content {
            Content::Program(plan) => {
                within("the numbers in the network", &[plan.floats()], MOST_FLOATS)?;
                sure(given == plan.inputs && made == plan.outputs, "the program")?;
                plan.check()
            }
            Content::Steps(stages) => {
                let counts = [stages.inputs.len(), stages.outputs.len()];
                sure(counts == [inputs.len(), outputs.len()], "the number of inputs or outputs")?;
                stages.check(states)?;
                let of_tables = |tables: &[usize]| -> Vec<usize> {
                    tables.iter().map(|&table| stages.tables[table].row()).collect()
                };
                let fits = of_tables(&stages.inputs) == given
                    && of_tables(&stages.outputs) == made
                    && (stages.is_state.iter().enumerate())
                        .all(|(at, is)| states.iter().any(|state| state.1 == at) == *is);
                sure(fits, "an input or output")
            }
        }
    }
}

/// Checks that some numbers of floats are not too many together.
fn within(limit: &'static str, floats: &[usize], allowed: usize) -> Result<()> {
    let actual = floats.iter().copied().fold(0, usize::saturating_add);
    check_limit(limit, actual as u64, allowed as u64)
}

/// The floats of a shape, if it has one lane, is not empty, and its floats can be counted.
fn row(shape: &[usize]) -> Option<usize> {
    let floats = shape.iter().try_fold(1usize, |floats, len| floats.checked_mul(*len))?;
    (shape.first() == Some(&1) && floats > 0).then_some(floats)
}

impl Stages<Planned> {
    /// Checks everything that running it with these states relies on.
    fn check(&self, states: &[(usize, usize)]) -> Result<()> {
        let Stages { pieces, tables, inputs, outputs, is_state: of_outputs } = self;
        let rows = tables.iter().map(|table| row(&table.shape));
        let rows: Option<Vec<usize>> = rows.collect();
        let rows = rows.ok_or_else(|| corrupt("the shape of a table does not fit"))?;
        within("the numbers between the pieces of the network", &rows, MOST_IN_ROW)?;
        sure(of_outputs.len() == outputs.len(), "the number of outputs")?;
        let has_table = |table: &usize| *table < tables.len();
        sure(inputs.iter().chain(outputs).all(has_table), "the table of an input or output")?;
        // Each table is filled once, before it is read.
        let mut made = vec![None; tables.len()];
        let is_state = |input: usize| states.iter().any(|state| state.0 == input);
        let given = inputs.iter().enumerate().filter(|(input, _)| !is_state(*input));
        given.for_each(|(_, &table)| made[table] = Some(None));
        let row_of_outputs: Vec<usize> = outputs.iter().map(|&table| rows[table]).collect();
        within("the numbers of all outputs of the network", &row_of_outputs, MOST_IN_ROW)?;
        let floats: Vec<usize> = pieces.iter().map(PieceStage::floats).collect();
        within("the numbers in the pieces of the network", &floats, MOST_FLOATS)?;
        for (at, piece) in pieces.iter().enumerate() {
            let is_made = |table: &usize| made.get(*table).is_some_and(Option::is_some);
            sure(piece.inputs.iter().all(is_made), "the input of a piece")?;
            let makers = piece.inputs.iter().filter_map(|&table| made[table].flatten());
            let mut after: Vec<usize> = makers.collect();
            after.sort_unstable();
            after.dedup();
            sure(after == piece.after, "the order of the pieces")?;
            for table in piece.makes() {
                let is_free = made.get(table).is_some_and(Option::is_none);
                sure(is_free, "the output of a piece")?;
                made[table] = Some(Some(at));
            }
            piece.check(tables)?;
            sure(piece.states.is_none() || !states.is_empty(), "a piece with states")?;
        }
        let is_made = |(&table, &is_state): (&usize, &bool)| is_state || made[table].is_some();
        sure(outputs.iter().zip(of_outputs).all(is_made), "an output of the network")
    }
}

impl PieceStage<Planned> {
    /// The floats that a run of one row allocates, and those that it writes.
    fn floats(&self) -> usize {
        let states = self.states.iter().flatten().map(|state| state.len);
        let network = match &self.network {
            Planned::Compiled(plan) => plan.floats(),
            Planned::Delays(delays) => delays.floats(),
            #[cfg(feature = "tflite")]
            Planned::Interpreted(_) => 0,
        };
        states.fold(network, usize::saturating_add)
    }

    /// Checks a piece whose tables are there.
    fn check(&self, tables: &[TableShape]) -> Result<()> {
        let PieceStage { network, inputs, outputs, states, .. } = self;
        let states = states.as_deref().unwrap_or_default();
        let rows = |of: &[usize]| -> Vec<usize> { of.iter().map(|&t| tables[t].row()).collect() };
        let (taken, made) = (rows(inputs), rows(outputs));
        let lens: Vec<usize> = states.iter().map(|state| state.len).collect();
        let past = states.iter().all(|s| s.past.is_none_or(|table| tables[table].row() == s.len));
        sure(past, "the table of a state")?;
        match network {
            Planned::Compiled(plan) => {
                let next = states.iter().all(|state| {
                    let next = match state.next {
                        Next::Made(at) => made.get(at),
                        Next::Taken(at) => taken.get(at),
                        Next::Past(at) => lens.get(at),
                    };
                    next == Some(&state.len)
                });
                sure(next, "the next value of a state")?;
                let given = [&lens[..], &taken].concat();
                sure(plan.inputs == given && plan.outputs == made, "the program of a piece")?;
                plan.check()
            }
            Planned::Delays(delays) => {
                let past = states.iter().filter(|state| state.past.is_some());
                let past: Vec<usize> = past.map(|state| state.len).collect();
                sure(outputs.is_empty() && self.states.is_some(), "a piece of delay lines")?;
                sure(delays.fit(&taken, &past), "a delay line")
            }
            #[cfg(feature = "tflite")]
            Planned::Interpreted(_) => sure(false, "a piece without kernels"),
        }
    }
}

#[cfg(all(test, feature = "tflite"))]
mod tests;
