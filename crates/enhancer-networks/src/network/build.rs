//! From a graph to the stages of a network: partitions it, and compiles its pieces.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use tract_tflite::internal::*;

use super::MOST_STATES;
use super::delays::DelaysPlan;
use super::interpreted::Interpreted;
use super::partition::{Cell, Partition, Piece};
use super::stages::{
    BLOCK, MOST_IN_ROW, Next, PieceStage, Planned, Stages, StateStage, TableShape,
};
use crate::compile::{Use, compile};
use crate::error::{Error, Result};
use crate::tflite;

/// The number of lanes of the graph that is compiled. It is more than one, so that a tensor with
/// lanes differs from one without.
pub(super) const LANES: usize = 2;

/// Partitions and compiles the network of a file. `one` is its graph for one lane. `states` are
/// pairs of an input and an output.
///
/// # Errors
/// `Corrupt` or `Unsupported` if it cannot run for many steps.
pub(super) fn stages(
    file: &[u8],
    one: TypedModel,
    states: &[(usize, usize)],
) -> Result<Stages<Planned>> {
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

struct Builder<'g> {
    file: &'g [u8],
    one: &'g TypedModel,
    lanes: &'g TypedModel,
    /// The graph for a block of steps, read when it is needed.
    block: OnceCell<TypedModel>,
    states: Vec<(OutletId, OutletId)>,
    is_state: Vec<bool>,
    tables: Vec<TableShape>,
    /// The outlet of each table.
    outlets: Vec<OutletId>,
    pieces: Vec<PieceStage<Planned>>,
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
            outlets: vec![],
            pieces: vec![],
        }
    }

    fn stages(mut self) -> TractResult<Stages<Planned>> {
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
        if let Some(at) = self.outlets.iter().position(|known| *known == outlet) {
            return Ok(at);
        }
        let fact = self.one.outlet_fact(outlet)?;
        ensure!(fact.datum_type == f32::datum_type(), "a tensor of {:?}", fact.datum_type);
        let shape: Vec<usize> = fact.shape.as_concrete().context("a symbolic shape")?.into();
        ensure!(shape.first() == Some(&1), "a tensor of shape {shape:?}, without a lane");
        self.tables.push(TableShape { shape });
        self.outlets.push(outlet);
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

    /// Compiles the network of a piece with the inputs `given`.
    fn network(&self, piece: &Piece, given: &[OutletId], usage: Use) -> TractResult<Planned> {
        let graph = tflite::simplified(piece.graph(self.lanes, given)?)?;
        if let Ok(plan) = compile(&graph, usage) {
            return Ok(Planned::Compiled(plan));
        }
        let (rows, graph) = match usage {
            Use::OneRow => (1, self.one),
            Use::Rows => (
                BLOCK,
                match self.block.get() {
                    Some(block) => block,
                    None => {
                        let block =
                            tflite::read(self.file, BLOCK).map_err(|e| format_err!("{e}"))?;
                        self.block.get_or_init(|| block)
                    }
                },
            ),
        };
        let shape = |&input: &OutletId| {
            let shape = self.one.outlet_fact(input)?.shape.as_concrete();
            let mut shape = shape.context("a symbolic shape")?.to_vec();
            shape[0] = rows;
            Ok(shape)
        };
        let shapes = given.iter().map(shape).collect::<TractResult<_>>()?;
        let network = piece.graph(graph, given)?.into_optimized()?.into_runnable()?;
        Ok(Planned::Interpreted(Interpreted::new(network, shapes)))
    }

    fn piece(
        &mut self,
        piece: &Piece,
        network: Planned,
        states: Option<Vec<StateStage>>,
    ) -> TractResult<()> {
        let tables = |outlets: &[OutletId], builder: &mut Self| -> TractResult<Vec<usize>> {
            outlets.iter().map(|&outlet| builder.table(outlet)).collect()
        };
        let (inputs, outputs) = (tables(&piece.inputs, self)?, tables(&piece.outputs, self)?);
        let makes = |piece: &PieceStage<Planned>| {
            inputs.iter().any(|table| piece.makes().any(|m| m == *table))
        };
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
            let len = self.tables[table].row();
            states.push(StateStage { len, next, past: is_needed.then_some(table) });
        }
        // Others may take what its states were, and nothing else.
        let is_own = cell.piece.outputs.iter().all(|output| !taken.contains(output));
        if let Planned::Compiled(plan) = &network
            && is_own
            && cell.piece.only_moves(self.one)
            && let rows = self.rows(&cell.piece.inputs)?
            && let Some(delays) = DelaysPlan::of(plan, &states, &rows)
        {
            let mut piece = cell.piece.clone();
            piece.outputs.clear();
            return self.piece(&piece, Planned::Delays(delays), Some(states));
        }
        self.piece(&cell.piece, network, Some(states))
    }
}
