//! A network cut into what runs for many steps at once and what runs step by step,
//! prepared for both.

use std::cell::OnceCell;
use std::sync::Arc;

use tract_tflite::internal::*;

use super::partition::{Cell, MOST_STATES, Partition, Piece};
use crate::compile::{Use, compile};
use crate::error::{Error, Result};
use crate::program::Program;
use crate::tflite::{self, PreparedNetwork};

/// Rows that a piece runs at a time. Of 8, 16 and 32, the cost of a row fell by a fifth
/// to 16 and hardly any more to 32, and the fewer they are, the sooner the next piece
/// can begin.
pub(crate) const BLOCK: usize = 16;

/// The lanes of the graph that is compiled: more than one, so that a tensor with
/// them differs from one that is there once.
pub(crate) const LANES: usize = 2;

/// The floats of a row of all tables together: what a step of many hops holds of them grows
/// with it, 128 times. GTCRN, which has the most of the built-in models, has fewer than 67 000.
const MOST_IN_ROW: usize = 1 << 18;

/// A network cut into pieces, in an order in which they can run.
pub(crate) struct Stages {
    pub(super) pieces: Vec<PieceStage>,
    /// The values that pass between the pieces, first the network's inputs.
    pub(super) tables: Vec<TableShape>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// Which outputs are states, which nobody but the network takes.
    pub(super) is_state: Vec<bool>,
}

/// A piece of the network, with the tables that it takes from and gives to.
pub(crate) struct PieceStage {
    pub(super) network: Prepared,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// Of a cell, which goes step by step. Its network takes them first.
    pub(super) states: Option<Vec<StateStage>>,
    /// The pieces that make what it takes.
    pub(super) after: Vec<usize>,
}

/// What runs a piece.
pub(crate) enum Prepared {
    Compiled(Arc<Program>),
    /// By the runtime that read the file: what no kernel does.
    Interpreted(PreparedNetwork),
}

pub(crate) struct StateStage {
    pub(super) shape: TVec<usize>,
    /// Where its next value comes from.
    pub(super) next: Next,
    /// The table of its values before each step, if somebody needs them.
    pub(super) past: Option<usize>,
}

#[derive(Clone, Copy)]
pub(crate) enum Next {
    /// An output of the cell.
    Made(usize),
    /// One of the tables that the cell takes, by its place among them.
    Taken(usize),
    /// One of the cell's states as it was, by its place among them.
    Past(usize),
}

/// What passes from piece to piece: a row of values for each step of each lane.
pub(crate) struct TableShape {
    outlet: OutletId,
    /// Of one row, its first dimension being that of lanes, 1.
    pub(super) shape: TVec<usize>,
}

impl TableShape {
    /// Floats of a row.
    pub(super) fn row(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Stages {
    /// Cuts and prepares the network of a file, of which `one` is the graph of one lane. Its
    /// `states` are pairs of an input and an output.
    ///
    /// # Errors
    /// `Corrupt` or `Unsupported` if it cannot be run for many steps.
    pub(super) fn prepare(
        file: &[u8],
        one: TypedModel,
        states: &[(usize, usize)],
    ) -> Result<Stages> {
        let unsupported = |found: &str| Error::Unsupported {
            found: found.into(),
            supported: "float32 tensors, at most 64 states, the same operators for any lanes",
        };
        let lanes = tflite::read(file, LANES)?;
        let names = |graph: &TypedModel| -> Vec<_> {
            graph.nodes().iter().map(|node| node.op.name().into_owned()).collect()
        };
        if names(&one) != names(&lanes) {
            return Err(unsupported("operators that depend on the number of lanes"));
        }
        if states.len() > MOST_STATES {
            return Err(unsupported(&format!("{} states", states.len())));
        }
        tflite::contained(|| Builder::new(file, &one, &lanes, states).stages())
    }

    /// How many pieces no kernel does.
    pub(super) fn interpreted(&self) -> usize {
        let is_interpreted =
            |piece: &&PieceStage| matches!(piece.network, Prepared::Interpreted(_));
        self.pieces.iter().filter(is_interpreted).count()
    }
}

struct Builder<'g> {
    file: &'g [u8],
    one: &'g TypedModel,
    lanes: &'g TypedModel,
    /// As a block of steps takes it, read when it is needed.
    block: OnceCell<TypedModel>,
    states: Vec<(OutletId, OutletId)>,
    is_state: Vec<bool>,
    tables: Vec<TableShape>,
    pieces: Vec<PieceStage>,
}

impl<'g> Builder<'g> {
    fn new(
        file: &'g [u8],
        one: &'g TypedModel,
        lanes: &'g TypedModel,
        states: &[(usize, usize)],
    ) -> Self {
        let outlets = |&(input, output): &(usize, usize)| (one.inputs[input], one.outputs[output]);
        let is_state = |output: usize| states.iter().any(|state| state.1 == output);
        Builder {
            file,
            one,
            lanes,
            block: OnceCell::new(),
            states: states.iter().map(outlets).collect(),
            is_state: (0..one.outputs.len()).map(is_state).collect(),
            tables: vec![],
            pieces: vec![],
        }
    }

    fn stages(mut self) -> TractResult<Stages> {
        let partition = Partition::of(self.one, &self.states)?;
        let one = self.one;
        let inputs =
            one.inputs.iter().map(|&input| self.table(input)).collect::<TractResult<_>>()?;
        let outputs = one.outputs.iter().map(|&o| self.table(o)).collect::<TractResult<_>>()?;
        for level in &partition.levels {
            for batch in level.batches.iter().filter(|batch| !batch.outputs.is_empty()) {
                let network = self.network(batch, &batch.inputs, Use::Rows)?;
                self.piece(batch, network, None)?;
            }
            for cell in &level.cells {
                self.cell(cell)?;
            }
        }
        let row = self.tables.iter().map(TableShape::row).fold(0, usize::saturating_add);
        ensure!(row <= MOST_IN_ROW, "{row} numbers between the pieces, more than {MOST_IN_ROW}");
        let Builder { pieces, tables, is_state, .. } = self;
        Ok(Stages { pieces, tables, inputs, outputs, is_state })
    }

    /// The place of the table for that outlet's values.
    fn table(&mut self, outlet: OutletId) -> TractResult<usize> {
        if let Some(at) = self.tables.iter().position(|table| table.outlet == outlet) {
            return Ok(at);
        }
        let fact = self.one.outlet_fact(outlet)?;
        ensure!(fact.datum_type == f32::datum_type(), "a tensor of {:?}", fact.datum_type);
        let shape: TVec<usize> = fact.shape.as_concrete().context("a symbolic shape")?.into();
        ensure!(shape.first() == Some(&1), "a tensor of shape {shape:?}, without a lane");
        self.tables.push(TableShape { outlet, shape });
        Ok(self.tables.len() - 1)
    }

    /// What runs a piece that takes `given`.
    fn network(&self, piece: &Piece, given: &[OutletId], usage: Use) -> TractResult<Prepared> {
        let graph = tflite::simplified(piece.graph(self.lanes, given)?)?;
        if let Ok(program) = compile(&graph, usage) {
            return Ok(Prepared::Compiled(Arc::new(program)));
        }
        let graph = match usage {
            Use::OneRow => self.one,
            Use::Rows => match self.block.get() {
                Some(block) => block,
                None => {
                    let block = tflite::read(self.file, BLOCK).map_err(|e| format_err!("{e}"))?;
                    self.block.get_or_init(|| block)
                }
            },
        };
        let network = piece.graph(graph, given)?.into_optimized()?.into_runnable()?;
        Ok(Prepared::Interpreted(network))
    }

    fn piece(
        &mut self,
        piece: &Piece,
        network: Prepared,
        states: Option<Vec<StateStage>>,
    ) -> TractResult<()> {
        let tables = |outlets: &[OutletId], builder: &mut Self| -> TractResult<Vec<usize>> {
            outlets.iter().map(|&outlet| builder.table(outlet)).collect()
        };
        let (inputs, outputs) = (tables(&piece.inputs, self)?, tables(&piece.outputs, self)?);
        let makes =
            |piece: &PieceStage| inputs.iter().any(|table| piece.makes().any(|m| m == *table));
        let after = (0..self.pieces.len()).filter(|&at| makes(&self.pieces[at])).collect();
        self.pieces.push(PieceStage { network, inputs, outputs, states, after });
        Ok(())
    }

    fn cell(&mut self, cell: &Cell) -> TractResult<()> {
        let given: Vec<OutletId> = cell.states.iter().map(|&state| self.states[state].0).collect();
        let taken: Vec<OutletId> = given.iter().chain(&cell.piece.inputs).copied().collect();
        let network = self.network(&cell.piece, &taken, Use::OneRow)?;
        let mut states = vec![];
        for &state in &cell.states {
            let (past, made) = self.states[state];
            let place = |outlets: &[OutletId]| outlets.iter().position(|outlet| *outlet == made);
            let next = place(&cell.piece.outputs).map(Next::Made);
            let next = next.or_else(|| place(&cell.piece.inputs).map(Next::Taken));
            let next = next.or_else(|| place(&given).map(Next::Past));
            let next = next.context("a state that nothing makes")?;
            let is_needed = cell.past.contains(&state);
            let table = self.table(past)?;
            let shape = self.tables[table].shape.clone();
            states.push(StateStage { shape, next, past: is_needed.then_some(table) });
        }
        self.piece(&cell.piece, network, Some(states))
    }
}

impl PieceStage {
    /// The tables that it fills.
    pub(super) fn makes(&self) -> impl Iterator<Item = usize> {
        let past = self.states.iter().flatten().filter_map(|state| state.past);
        self.outputs.iter().copied().chain(past)
    }
}
