//! A network that was partitioned into pieces for many steps at once and cells for one step at a
//! time, and prepared for both.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use tract_tflite::internal::*;

use super::delays::Delays;
use super::partition::{Cell, MOST_STATES, Partition, Piece};
use crate::compile::{Use, compile};
use crate::error::{Error, Result};
use crate::program::Program;
use crate::tflite::{self, PreparedNetwork};

/// The number of rows that a piece runs at a time. Of 8, 16 and 32, the cost of a row fell by a
/// fifth from 8 to 16 and hardly any more to 32. With fewer rows, the next piece can start sooner.
pub(crate) const BLOCK: usize = 16;

/// The number of lanes of the graph that is compiled. It is more than one, so that a tensor with
/// lanes differs from one without.
pub(crate) const LANES: usize = 2;

/// The maximum number of floats per row of all tables together. The memory of a step of many hops
/// is 128 times that. GTCRN has the most of the built-in models, with fewer than 67 000.
const MOST_IN_ROW: usize = 1 << 18;

/// A network in pieces, in an order in which they can run.
pub(crate) struct Stages {
    pub(super) pieces: Vec<PieceStage>,
    /// The values that pass between the pieces. The network's inputs are first.
    pub(super) tables: Vec<TableShape>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    /// Which outputs are states, so that only the network itself uses them.
    pub(super) is_state: Vec<bool>,
}

/// A piece of the network, with its input and output tables.
pub(crate) struct PieceStage {
    pub(super) network: Prepared,
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
    Interpreted(PreparedNetwork),
}

pub(crate) struct StateStage {
    pub(super) shape: TVec<usize>,
    /// The source of its next value.
    pub(super) next: Next,
    /// The table with its values before each step, if a piece needs them.
    pub(super) past: Option<usize>,
}

#[derive(Clone, Copy)]
pub(crate) enum Next {
    /// An output of the cell.
    Made(usize),
    /// One of the cell's input tables, by its index among them.
    Taken(usize),
    /// The previous value of one of the cell's states, by its index among them.
    Past(usize),
}

/// The shape of a table between pieces: a row of values for each step of each lane.
pub(crate) struct TableShape {
    outlet: OutletId,
    /// The shape of one row. The first dimension, that of the lanes, is 1.
    pub(super) shape: TVec<usize>,
}

impl TableShape {
    /// Floats per row.
    pub(super) fn row(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Stages {
    /// Partitions and prepares the network of a file. `one` is its graph for one lane. `states` are
    /// pairs of an input and an output.
    ///
    /// # Errors
    /// `Corrupt` or `Unsupported` if it cannot run for many steps.
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

    /// The number of pieces without kernels.
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
    /// The graph for a block of steps, read when it is needed.
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
        let mut taken = partition.taken();
        taken.extend(
            self.is_state.iter().zip(&one.outputs).filter(|(is, _)| !**is).map(|(_, o)| *o),
        );
        for level in &partition.levels {
            for batch in level.batches.iter().filter(|batch| !batch.outputs.is_empty()) {
                let network = self.network(batch, &batch.inputs, Use::Rows)?;
                self.piece(batch, network, None)?;
            }
            for cell in &level.cells {
                self.cell(cell, &taken)?;
            }
        }
        let Builder { pieces, tables, is_state, .. } = self;
        Ok(Stages { pieces, tables, inputs, outputs, is_state })
    }

    /// The index of the table for the values of that outlet.
    fn table(&mut self, outlet: OutletId) -> TractResult<usize> {
        if let Some(at) = self.tables.iter().position(|table| table.outlet == outlet) {
            return Ok(at);
        }
        let fact = self.one.outlet_fact(outlet)?;
        ensure!(fact.datum_type == f32::datum_type(), "a tensor of {:?}", fact.datum_type);
        let shape: TVec<usize> = fact.shape.as_concrete().context("a symbolic shape")?.into();
        ensure!(shape.first() == Some(&1), "a tensor of shape {shape:?}, without a lane");
        self.tables.push(TableShape { outlet, shape });
        // At once, before a piece is prepared for it.
        let row = self.tables.iter().map(TableShape::row).fold(0, usize::saturating_add);
        ensure!(row <= MOST_IN_ROW, "{row} numbers between the pieces, more than {MOST_IN_ROW}");
        Ok(self.tables.len() - 1)
    }

    /// Floats of a row of some tables.
    fn rows(&mut self, outlets: &[OutletId]) -> TractResult<Vec<usize>> {
        let row = |&outlet: &OutletId| {
            let table = self.table(outlet)?;
            Ok(self.tables[table].row())
        };
        outlets.iter().map(row).collect()
    }

    /// Prepares the network of a piece with the inputs `given`.
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

    /// A cell of a network whose pieces take `taken` of each other.
    fn cell(&mut self, cell: &Cell, taken: &BTreeSet<OutletId>) -> TractResult<()> {
        let given: Vec<OutletId> = cell.states.iter().map(|&state| self.states[state].0).collect();
        let inputs: Vec<OutletId> = given.iter().chain(&cell.piece.inputs).copied().collect();
        let network = self.network(&cell.piece, &inputs, Use::OneRow)?;
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
        // Others may take what its states were, and nothing else.
        let is_own = cell.piece.outputs.iter().all(|output| !taken.contains(output));
        if let Prepared::Compiled(program) = &network
            && is_own
            && cell.piece.only_moves(self.one)
            && let rows = self.rows(&cell.piece.inputs)?
            && let Some(delays) = Delays::of(program, &states, &rows)
        {
            let mut piece = cell.piece.clone();
            piece.outputs.clear();
            return self.piece(&piece, Prepared::Delays(Arc::new(delays)), Some(states));
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
