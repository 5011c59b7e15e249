//! A run of compiled pieces, for one step or many at once.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::Tables;
use super::blocks::Blocks;
use super::piece::{PieceRun, States};
use super::stages::{BLOCK, PieceStage, Prepared, Stages, TableShape};
use super::waves::Waves;
use crate::error::Result;
use crate::panics::lock;
use crate::program::check_floats;

/// A run over some lanes that takes some steps at once.
///
/// The steps are cut into blocks. A *unit* of work is a piece of the network for one block. It can
/// run when the pieces that it depends on have done the block. A cell must also have done the
/// previous block.
pub(crate) struct Sequence {
    stages: Arc<Stages>,
    blocks: Blocks,
    /// The blocks of each table.
    tables: Vec<Vec<RwLock<Vec<f32>>>>,
    pieces: Vec<PieceRuns>,
    waves: Waves,
    /// The network's outputs, block after block. Empty for states.
    outputs: Vec<Vec<f32>>,
}

/// The runs of a piece.
enum PieceRuns {
    /// Each of them can take any block. There are as many as were needed at the same time.
    Batch(Mutex<Vec<PieceRun>>),
    /// One for each group of lanes, with the states of each lane.
    Cell(Vec<Mutex<(PieceRun, Vec<States>)>>),
}

impl PieceRuns {
    fn new(stage: &PieceStage, blocks: Blocks) -> Result<PieceRuns> {
        let Some(states) = &stage.states else { return Ok(PieceRuns::Batch(Mutex::default())) };
        let of_group = |_| {
            let count = blocks.lanes_in_group();
            // Delay lines remember by themselves.
            let states = if let Prepared::Delays(_) = stage.network { &[] } else { &states[..] };
            let lanes = (0..count).map(|_| States::new(states)).collect();
            Ok(Mutex::new((PieceRun::new(stage, count, 1)?, lanes)))
        };
        Ok(PieceRuns::Cell((0..blocks.groups()).map(of_group).collect::<Result<_>>()?))
    }
}

impl Sequence {
    /// # Errors
    /// `Inference`, or `LimitExceeded` if the machine cannot address so much.
    pub(super) fn new(stages: Arc<Stages>, lanes: usize, steps: usize) -> Result<Sequence> {
        let blocks = Blocks::new(lanes, steps);
        let row = stages.tables.iter().map(TableShape::row).sum();
        check_floats(blocks.count() * BLOCK, row)?;
        let table = |shape: &TableShape| {
            let block = |_| RwLock::new(vec![0.0; BLOCK * shape.row()]);
            (0..blocks.count()).map(block).collect()
        };
        let output = |(&table, &is_state): (&usize, &bool)| {
            let blocks = if is_state { 0 } else { blocks.count() };
            vec![0.0; blocks * BLOCK * stages.tables[table].row()]
        };
        let runs = |stage| PieceRuns::new(stage, blocks);
        Ok(Sequence {
            blocks,
            tables: stages.tables.iter().map(table).collect(),
            pieces: stages.pieces.iter().map(runs).collect::<Result<_>>()?,
            waves: Waves::new(&stages.pieces, blocks),
            outputs: stages.outputs.iter().zip(&stages.is_state).map(output).collect(),
            stages,
        })
    }

    pub(super) fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        let table = self.stages.inputs[input];
        let len = self.stages.tables[table].row();
        let (block, row) = self.blocks.row(lane, step);
        let block = self.tables[table][block].get_mut().unwrap_or_else(PoisonError::into_inner);
        &mut block[row * len..][..len]
    }

    pub(super) fn output(&self, output: usize, lane: usize, step: usize) -> &[f32] {
        let len = self.stages.tables[self.stages.outputs[output]].row();
        let (block, row) = self.blocks.row(lane, step);
        &self.outputs[output][(block * BLOCK + row) * len..][..len]
    }

    pub(super) fn run(&mut self) -> Result<()> {
        self.run_units(|_, _, work| work())?;
        for (&table, output) in self.stages.outputs.iter().zip(&mut self.outputs) {
            let row = self.stages.tables[table].row();
            let blocks = self.tables[table].iter().zip(output.chunks_exact_mut(BLOCK * row));
            for (at, (made, output)) in blocks.enumerate() {
                let len = self.blocks.rows(at % self.blocks.in_group()) * row;
                output[..len].copy_from_slice(&read(made)[..len]);
            }
        }
        Ok(())
    }

    /// Runs all units. `run` gets the piece, the block and the work of each.
    pub(super) fn run_units(
        &self,
        run: impl Fn(usize, usize, &dyn Fn() -> Result<()>) -> Result<()> + Sync,
    ) -> Result<()> {
        self.waves.run(|piece, group, block| run(piece, block, &|| self.unit(piece, group, block)))
    }

    pub(super) fn reset(&mut self) {
        self.tables.iter_mut().flatten().for_each(|table| {
            table.get_mut().unwrap_or_else(PoisonError::into_inner).fill(0.0);
        });
        for piece in &mut self.pieces {
            let PieceRuns::Cell(groups) = piece else { continue };
            for group in groups {
                let (run, lanes) = group.get_mut().unwrap_or_else(PoisonError::into_inner);
                run.clear();
                lanes.iter_mut().for_each(States::clear);
            }
        }
    }

    fn new_run(&self, stage: &PieceStage) -> Result<PieceRun> {
        let (lanes, rows) = (self.blocks.lanes_in_group(), self.blocks.most_rows());
        PieceRun::new(stage, lanes, rows)
    }

    /// Runs a piece for one block of a group of lanes.
    fn unit(&self, piece: usize, group: usize, block: usize) -> Result<()> {
        let stage = &self.stages.pieces[piece];
        let at = self.blocks.place(group, block);
        let rows = self.blocks.rows(block);
        let given: Tables<_> =
            stage.inputs.iter().map(|&table| read(&self.tables[table][at])).collect();
        let given: Tables<&[f32]> = given.iter().map(|table| &table[..]).collect();
        let mut made: Tables<_> = stage
            .makes()
            .map(|table| self.tables[table][at].write().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut made: Tables<&mut [f32]> = made.iter_mut().map(|table| &mut table[..]).collect();
        match &self.pieces[piece] {
            PieceRuns::Batch(idle) => {
                let run = lock(idle).pop();
                let mut run = match run {
                    Some(run) => run,
                    None => self.new_run(stage)?,
                };
                run.batch(rows, &given, &mut made)?;
                lock(idle).push(run);
                Ok(())
            }
            PieceRuns::Cell(groups) => {
                let mut cell = lock(&groups[group]);
                let (run, lanes) = &mut *cell;
                run.cell(rows, stage, lanes, &given, &mut made)
            }
        }
    }
}

fn read(table: &RwLock<Vec<f32>>) -> std::sync::RwLockReadGuard<'_, Vec<f32>> {
    table.read().unwrap_or_else(PoisonError::into_inner)
}
