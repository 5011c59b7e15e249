//! A network over many steps at once.

use std::sync::Arc;

use rayon::prelude::*;
use tract_tflite::internal::*;

use super::is_worker;
use super::partition::{Cell, MOST_STATES, Partition, Piece};
use crate::error::{ErrorKind, Result};
use crate::model::tflite::{self, NetworkState, PreparedNetwork};

/// Steps that a batch runs as if they were lanes. Of 8, 16 and 32, the cost of a step
/// fell by a fifth to 16 and hardly any more to 32, and blocks run side by side.
const BLOCK: usize = 16;

/// A network cut into what runs for many steps at once and what runs step by
/// step, prepared for both.
pub(super) struct Stages {
    levels: Vec<LevelStages>,
    /// The values that pass between the pieces, first the network's inputs.
    tables: Vec<TableShape>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

struct LevelStages {
    batch: Option<PieceStage>,
    cells: Vec<CellStage>,
}

/// A piece of the network, with the tables that it takes from and gives to.
struct PieceStage {
    network: PreparedNetwork,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

struct CellStage {
    /// Takes the states first. A cell without nodes only hands on.
    piece: PieceStage,
    states: Vec<StateStage>,
}

struct StateStage {
    shape: TVec<usize>,
    /// Where its next value comes from.
    next: Next,
    /// The table of its values before each step, if somebody needs them.
    past: Option<usize>,
}

#[derive(Clone, Copy)]
enum Next {
    /// An output of the cell.
    Made(usize),
    /// One of the tables that the cell takes, by its place among them.
    Taken(usize),
    /// One of the cell's states as it was, by its place among them.
    Past(usize),
}

/// What passes from piece to piece: a row of values for each step of each lane.
struct TableShape {
    outlet: OutletId,
    /// Of one row, its first dimension being that of lanes, 1.
    shape: TVec<usize>,
}

impl Stages {
    /// Cuts and prepares the network of a file whose `states` are pairs of an input
    /// and an output.
    ///
    /// # Errors
    /// `CorruptModel` or `UnsupportedModel` if it cannot be run for many steps.
    pub(super) fn prepare(file: &[u8], states: &[(usize, usize)]) -> Result<Stages> {
        let unsupported = |found: &str| ErrorKind::UnsupportedModel {
            found: found.into(),
            supported: "float32 tensors, at most 64 states, the same operators for any lanes",
        };
        let (one, block) = (tflite::read(file, 1)?, tflite::read(file, BLOCK)?);
        let names = |graph: &TypedModel| -> Vec<_> {
            graph.nodes().iter().map(|node| node.op.name().into_owned()).collect()
        };
        if names(&one) != names(&block) {
            return Err(unsupported("operators that depend on the number of lanes").into());
        }
        if states.len() > MOST_STATES {
            return Err(unsupported(&format!("{} states", states.len())).into());
        }
        tflite::contained(|| Builder::new(&one, &block, states).stages())
    }
}

struct Builder<'g> {
    one: &'g TypedModel,
    block: &'g TypedModel,
    states: Vec<(OutletId, OutletId)>,
    tables: Vec<TableShape>,
}

impl<'g> Builder<'g> {
    fn new(one: &'g TypedModel, block: &'g TypedModel, states: &[(usize, usize)]) -> Self {
        let outlets = |&(input, output): &(usize, usize)| (one.inputs[input], one.outputs[output]);
        Builder { one, block, states: states.iter().map(outlets).collect(), tables: vec![] }
    }

    fn stages(mut self) -> TractResult<Stages> {
        let partition = Partition::of(self.one, &self.states)?;
        let one = self.one;
        let inputs =
            one.inputs.iter().map(|&input| self.table(input)).collect::<TractResult<_>>()?;
        let outputs = one.outputs.iter().map(|&o| self.table(o)).collect::<TractResult<_>>()?;
        let mut levels = vec![];
        for level in &partition.levels {
            let batch = (!level.batch.outputs.is_empty())
                .then(|| self.piece(&level.batch, self.block, &[]))
                .transpose()?;
            let cells =
                level.cells.iter().map(|cell| self.cell(cell)).collect::<TractResult<_>>()?;
            levels.push(LevelStages { batch, cells });
        }
        Ok(Stages { levels, tables: self.tables, inputs, outputs })
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

    fn piece(
        &mut self,
        piece: &Piece,
        graph: &TypedModel,
        states: &[OutletId],
    ) -> TractResult<PieceStage> {
        let given: Vec<OutletId> = states.iter().chain(&piece.inputs).copied().collect();
        let network = piece.graph(graph, &given)?.into_optimized()?.into_runnable()?;
        let tables = |outlets: &[OutletId], builder: &mut Self| -> TractResult<Vec<usize>> {
            outlets.iter().map(|&outlet| builder.table(outlet)).collect()
        };
        let inputs = tables(&piece.inputs, self)?;
        Ok(PieceStage { network, inputs, outputs: tables(&piece.outputs, self)? })
    }

    fn cell(&mut self, cell: &Cell) -> TractResult<CellStage> {
        let given: Vec<OutletId> = cell.states.iter().map(|&state| self.states[state].0).collect();
        let piece = self.piece(&cell.piece, self.one, &given)?;
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
            states.push(StateStage {
                shape: self.tables[table].shape.clone(),
                next,
                past: is_needed.then_some(table),
            });
        }
        Ok(CellStage { piece, states })
    }
}

/// A run over some lanes that takes many steps at once.
pub(in super::super) struct Sequence {
    stages: Arc<Stages>,
    steps: usize,
    tables: Vec<Table>,
    levels: Vec<LevelRun>,
}

struct LevelRun {
    /// Each block's.
    batch: Vec<NetworkState>,
    /// Each cell's, lane by lane.
    cells: Vec<Vec<CellRun>>,
}

/// The rows of all steps of the first lane, then those of the second, and so on;
/// at last rows that fill up a block.
struct Table {
    row: usize,
    values: Vec<f32>,
}

impl Table {
    fn rows(&self, first: usize, count: usize) -> &[f32] {
        &self.values[first * self.row..(first + count) * self.row]
    }

    fn rows_mut(&mut self, first: usize, count: usize) -> &mut [f32] {
        &mut self.values[first * self.row..(first + count) * self.row]
    }
}

impl Sequence {
    pub(super) fn new(stages: Arc<Stages>, lanes: usize, steps: usize) -> Result<Sequence> {
        let blocks = (lanes * steps).div_ceil(BLOCK);
        let table = |shape: &TableShape| {
            let row = shape.shape.iter().product();
            Table { row, values: vec![0.0; blocks * BLOCK * row] }
        };
        let tables = stages.tables.iter().map(table).collect();
        let spawn = |network: &PreparedNetwork| network.spawn().map_err(tflite::inference);
        let mut levels = vec![];
        for level in &stages.levels {
            let batch = level.batch.iter().flat_map(|batch| (0..blocks).map(|_| &batch.network));
            let cells = level.cells.iter().map(|cell| {
                (0..lanes).map(|_| Ok(CellRun::new(spawn(&cell.piece.network)?))).collect()
            });
            levels.push(LevelRun {
                batch: batch.map(spawn).collect::<Result<_>>()?,
                cells: cells.collect::<Result<_>>()?,
            });
        }
        Ok(Sequence { steps, tables, levels, stages })
    }

    pub(super) fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        self.tables[self.stages.inputs[input]].rows_mut(lane * self.steps + step, 1)
    }

    pub(super) fn output(&self, output: usize, lane: usize, step: usize) -> &[f32] {
        self.tables[self.stages.outputs[output]].rows(lane * self.steps + step, 1)
    }

    pub(super) fn run(&mut self) -> TractResult<()> {
        for (stage, run) in self.stages.levels.iter().zip(&mut self.levels) {
            if let Some(batch) = &stage.batch {
                run_batch(batch, &self.stages.tables, &mut self.tables, &mut run.batch)?;
            }
            run_cells(stage, &self.stages.tables, &mut self.tables, &mut run.cells, self.steps)?;
        }
        Ok(())
    }

    pub(super) fn reset(&mut self) {
        self.tables.iter_mut().for_each(|table| table.values.fill(0.0));
        for cell in self.levels.iter_mut().flat_map(|level| &mut level.cells).flatten() {
            cell.states.clear();
        }
    }
}

/// Runs a batch for all blocks of rows, side by side.
fn run_batch(
    stage: &PieceStage,
    shapes: &[TableShape],
    tables: &mut [Table],
    blocks: &mut [NetworkState],
) -> TractResult<()> {
    let given = &*tables;
    let run = |(block, state): (usize, &mut NetworkState)| -> TractResult<TVec<TValue>> {
        let input = |&at: &usize| {
            let mut shape = shapes[at].shape.clone();
            shape[0] = BLOCK;
            tensor(&shape, given[at].rows(block * BLOCK, BLOCK))
        };
        let inputs = stage.inputs.iter().map(input).collect::<TractResult<_>>()?;
        tflite::contained_run(|| state.run(inputs))
    };
    let made: Vec<_> = if is_worker() {
        blocks.par_iter_mut().enumerate().map(run).collect::<TractResult<_>>()?
    } else {
        blocks.iter_mut().enumerate().map(run).collect::<TractResult<_>>()?
    };
    for (block, made) in made.iter().enumerate() {
        for (&at, made) in stage.outputs.iter().zip(made) {
            tables[at].rows_mut(block * BLOCK, BLOCK).copy_from_slice(floats(made)?);
        }
    }
    Ok(())
}

/// Runs a level's cells for all lanes, side by side.
fn run_cells(
    stage: &LevelStages,
    shapes: &[TableShape],
    tables: &mut [Table],
    cells: &mut [Vec<CellRun>],
    steps: usize,
) -> TractResult<()> {
    let given = &*tables;
    let mut runs: Vec<_> = stage
        .cells
        .iter()
        .zip(&mut *cells)
        .flat_map(|(stage, lanes)| {
            lanes.iter_mut().enumerate().map(move |(lane, run)| (stage, lane, run))
        })
        .collect();
    let run_lane = |(stage, lane, run): &mut (&CellStage, usize, &mut CellRun)| {
        run.made.clear();
        tflite::contained_run(|| {
            (0..steps).try_for_each(|step| run.step(stage, shapes, given, *lane * steps + step))
        })
    };
    if is_worker() {
        runs.par_iter_mut().try_for_each(run_lane)?;
    } else {
        runs.iter_mut().try_for_each(run_lane)?;
    }
    for (stage, lanes) in stage.cells.iter().zip(cells) {
        let made = stage.piece.outputs.iter().copied();
        let past = stage.states.iter().filter_map(|state| state.past);
        let targets: Vec<usize> = made.chain(past).collect();
        for (lane, run) in lanes.iter().enumerate() {
            for (row, made) in run.made.chunks(targets.len().max(1)).enumerate() {
                for (&at, made) in targets.iter().zip(made) {
                    tables[at].rows_mut(lane * steps + row, 1).copy_from_slice(floats(made)?);
                }
            }
        }
    }
    Ok(())
}

/// A cell's run in one lane.
struct CellRun {
    network: NetworkState,
    /// None at the beginning, when all are zeros.
    states: Vec<TValue>,
    /// For each step what it made, then the states before it that are needed.
    made: Vec<TValue>,
}

impl CellRun {
    fn new(network: NetworkState) -> CellRun {
        CellRun { network, states: vec![], made: vec![] }
    }

    fn step(
        &mut self,
        stage: &CellStage,
        shapes: &[TableShape],
        tables: &[Table],
        row: usize,
    ) -> TractResult<()> {
        if self.states.is_empty() {
            let zeros = |state: &StateStage| Tensor::zero::<f32>(&state.shape).map(Into::into);
            self.states = stage.states.iter().map(zeros).collect::<TractResult<_>>()?;
        }
        let take = |&at: &usize| tensor(&shapes[at].shape, tables[at].rows(row, 1));
        let taken: TVec<TValue> =
            stage.piece.inputs.iter().map(take).collect::<TractResult<_>>()?;
        let inputs = self.states.iter().chain(&taken).cloned().collect();
        let made = self.network.run(inputs)?;
        let past = stage.states.iter().zip(&self.states);
        let past = past.filter(|(state, _)| state.past.is_some()).map(|(_, value)| value.clone());
        self.made.extend(made.iter().cloned().chain(past));
        let next = stage.states.iter().map(|state| match state.next {
            Next::Made(at) => made[at].clone(),
            Next::Taken(at) => taken[at].clone(),
            Next::Past(at) => self.states[at].clone(),
        });
        self.states = next.collect();
        Ok(())
    }
}

fn tensor(shape: &[usize], values: &[f32]) -> TractResult<TValue> {
    Tensor::from_shape(shape, values).map(Into::into)
}

fn floats(value: &TValue) -> TractResult<&[f32]> {
    value.try_as_plain_ram()?.as_slice()
}
