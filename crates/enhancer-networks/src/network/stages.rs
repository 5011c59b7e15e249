//! A network that was partitioned into pieces for many steps at once and cells for one step at a
//! time, and prepared for both.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::delays::{Delays, DelaysPlan};
#[cfg(feature = "tflite")]
use super::interpreted::Interpreted;
use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::panics::contain;
use crate::plan::ProgramPlan;
use crate::program::Program;

/// The number of rows that a piece runs at a time. Of 8, 16 and 32, the cost of a row fell by a
/// fifth from 8 to 16 and hardly any more to 32. With fewer rows, the next piece can start sooner.
pub(crate) const BLOCK: usize = 16;

/// The maximum number of floats per row of all tables together. The memory of a step of many hops
/// is 128 times that. GTCRN has the most of the built-in models, with fewer than 67 000.
pub(super) const MOST_IN_ROW: usize = 1 << 18;

/// A network in pieces, in an order in which they can run. The pieces are prepared, or only planned.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stages<N = Prepared> {
    pub(super) pieces: Vec<PieceStage<N>>,
    /// The values that pass between the pieces. The network's inputs are first.
    pub(super) tables: Vec<TableShape>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// Which outputs are states, so that only the network itself uses them.
    pub(super) is_state: Vec<bool>,
}

/// A piece of the network, with its input and output tables.
#[derive(Serialize, Deserialize)]
pub(crate) struct PieceStage<N = Prepared> {
    pub(super) network: N,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// For a cell, which runs step by step. They are the first inputs of its network.
    pub(super) states: Option<Vec<StateStage>>,
    /// The pieces that make its inputs.
    pub(super) after: Vec<usize>,
}

/// Runs a piece.
pub(crate) enum Prepared {
    Compiled(Arc<Program>),
    /// A cell that need not go step by step.
    Delays(Arc<Delays>),
    /// With the runtime that read the file, because a kernel is missing.
    #[cfg(feature = "tflite")]
    Interpreted(Interpreted),
}

/// A piece before it is prepared for an instruction set.
#[derive(Serialize, Deserialize)]
pub(crate) enum Planned {
    Compiled(ProgramPlan),
    Delays(DelaysPlan),
    /// Cannot be stored.
    #[cfg(feature = "tflite")]
    #[serde(skip)]
    Interpreted(Interpreted),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StateStage {
    /// Floats of the state.
    pub(super) len: usize,
    /// The source of its next value.
    pub(super) next: Next,
    /// The table with its values before each step, if a piece needs them.
    pub(super) past: Option<usize>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Next {
    /// An output of the cell.
    Made(usize),
    /// One of the cell's input tables, by its index among them.
    Taken(usize),
    /// The previous value of one of the cell's states, by its index among them.
    Past(usize),
}

/// The shape of a table between pieces: a row of values for each step of each lane.
#[derive(Serialize, Deserialize)]
pub(crate) struct TableShape {
    /// The shape of one row. The first dimension, that of the lanes, is 1.
    pub(super) shape: Vec<usize>,
}

impl TableShape {
    /// Floats per row.
    pub(super) fn row(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Stages<Planned> {
    /// Prepares all pieces.
    ///
    /// # Errors
    /// `Corrupt` if a kernel refuses its plan.
    pub(super) fn prepared(self, isa: Isa) -> Result<Stages> {
        let Stages { pieces, tables, inputs, outputs, is_state } = self;
        let prepared = |piece: PieceStage<Planned>| piece.prepared(isa);
        let pieces = contain(|| pieces.into_iter().map(prepared).collect());
        let pieces = pieces.map_err(|reason| Error::Corrupt { reason })?;
        Ok(Stages { pieces, tables, inputs, outputs, is_state })
    }
}

impl PieceStage<Planned> {
    fn prepared(self, isa: Isa) -> PieceStage {
        let PieceStage { network, inputs, outputs, states, after } = self;
        let network = match network {
            Planned::Compiled(plan) => Prepared::Compiled(Arc::new(plan.program(isa))),
            Planned::Delays(plan) => {
                let states = states.as_deref().unwrap_or_default();
                Prepared::Delays(Arc::new(plan.prepared(isa, states)))
            }
            #[cfg(feature = "tflite")]
            Planned::Interpreted(piece) => Prepared::Interpreted(piece),
        };
        PieceStage { network, inputs, outputs, states, after }
    }
}

impl Stages {
    /// The number of pieces without kernels.
    #[cfg(feature = "tflite")]
    pub(super) fn interpreted(&self) -> usize {
        let is_interpreted =
            |piece: &&PieceStage| matches!(piece.network, Prepared::Interpreted(_));
        self.pieces.iter().filter(is_interpreted).count()
    }
}

impl<N> PieceStage<N> {
    /// The tables that it fills.
    pub(super) fn makes(&self) -> impl Iterator<Item = usize> {
        let past = self.states.iter().flatten().filter_map(|state| state.past);
        self.outputs.iter().copied().chain(past)
    }
}
