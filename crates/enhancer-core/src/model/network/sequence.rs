//! A run of many steps at once.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tract_tflite::internal::*;

use super::piece::{PieceRun, States};
use super::stages::{BLOCK, PieceStage, Stages, TableShape};
use super::waves::Waves;
use crate::error::Result;
use crate::model::tflite;
use crate::panics::lock;

/// A run over some lanes that takes many steps at once.
///
/// The steps of a lane are cut into blocks. A *unit* of work is a piece of the network
/// for a block. It may run when the pieces that it takes from have done the block and,
/// if it is a cell, when it has done the block before.
pub(in super::super) struct Sequence {
    stages: Arc<Stages>,
    steps: usize,
    blocks: usize,
    /// For each table, those of the first lane's blocks, then of the second's.
    tables: Vec<Vec<RwLock<Vec<f32>>>>,
    pieces: Vec<PieceRuns>,
    waves: Waves,
    /// The network's outputs, for each step of the first lane, then of the second.
    outputs: Vec<Vec<f32>>,
}

/// The runs of a piece.
enum PieceRuns {
    /// Any of them takes any block; there are as many as were needed at the same time.
    Batch(Mutex<Vec<PieceRun>>),
    /// One for each lane, with its states.
    Cell(Vec<Mutex<(PieceRun, States)>>),
}

impl PieceRuns {
    fn new(stage: &PieceStage, tables: &[TableShape], lanes: usize) -> TractResult<PieceRuns> {
        let Some(states) = &stage.states else { return Ok(PieceRuns::Batch(Mutex::default())) };
        let of_lane = |_| Ok(Mutex::new((PieceRun::new(stage, tables)?, States::new(states))));
        Ok(PieceRuns::Cell((0..lanes).map(of_lane).collect::<TractResult<_>>()?))
    }
}

impl Sequence {
    pub(super) fn new(stages: Arc<Stages>, lanes: usize, steps: usize) -> Result<Sequence> {
        let blocks = steps.div_ceil(BLOCK);
        let table = |shape: &TableShape| {
            let block = |_| RwLock::new(vec![0.0; BLOCK * shape.row()]);
            (0..lanes * blocks).map(block).collect()
        };
        let outputs = stages.outputs.iter();
        let runs = |stage| PieceRuns::new(stage, &stages.tables, lanes).map_err(tflite::inference);
        Ok(Sequence {
            steps,
            blocks,
            tables: stages.tables.iter().map(table).collect(),
            pieces: stages.pieces.iter().map(runs).collect::<Result<_>>()?,
            waves: Waves::new(&stages.pieces, lanes, blocks),
            outputs: outputs
                .map(|&table| vec![0.0; lanes * steps * stages.tables[table].row()])
                .collect(),
            stages,
        })
    }

    pub(super) fn input(&mut self, input: usize, lane: usize, step: usize) -> &mut [f32] {
        let table = self.stages.inputs[input];
        let row = self.stages.tables[table].row();
        let block = &mut self.tables[table][lane * self.blocks + step / BLOCK];
        let block = block.get_mut().unwrap_or_else(PoisonError::into_inner);
        &mut block[step % BLOCK * row..][..row]
    }

    pub(super) fn output(&self, output: usize, lane: usize, step: usize) -> &[f32] {
        let row = self.stages.tables[self.stages.outputs[output]].row();
        &self.outputs[output][(lane * self.steps + step) * row..][..row]
    }

    pub(super) fn run(&mut self) -> TractResult<()> {
        self.waves.run(|piece, lane, block| self.unit(piece, lane, block))?;
        for (&table, output) in self.stages.outputs.iter().zip(&mut self.outputs) {
            let row = self.stages.tables[table].row();
            for (lane, output) in output.chunks_exact_mut(self.steps * row).enumerate() {
                for (block, output) in output.chunks_mut(BLOCK * row).enumerate() {
                    let made = read(&self.tables[table][lane * self.blocks + block]);
                    output.copy_from_slice(&made[..output.len()]);
                }
            }
        }
        Ok(())
    }

    pub(super) fn reset(&mut self) {
        self.tables.iter_mut().flatten().for_each(|table| {
            table.get_mut().unwrap_or_else(PoisonError::into_inner).fill(0.0);
        });
        for piece in &mut self.pieces {
            let PieceRuns::Cell(lanes) = piece else { continue };
            for lane in lanes {
                lane.get_mut().unwrap_or_else(PoisonError::into_inner).1.clear();
            }
        }
    }

    /// Runs a piece for a block of a lane.
    fn unit(&self, piece: usize, lane: usize, block: usize) -> TractResult<()> {
        let stage = &self.stages.pieces[piece];
        let at = lane * self.blocks + block;
        let rows = BLOCK.min(self.steps - block * BLOCK);
        let given: TVec<_> =
            stage.inputs.iter().map(|&table| read(&self.tables[table][at])).collect();
        let given: TVec<&[f32]> = given.iter().map(|table| &table[..]).collect();
        let mut made: TVec<_> = stage
            .makes()
            .map(|table| self.tables[table][at].write().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut made: TVec<&mut [f32]> = made.iter_mut().map(|table| &mut table[..]).collect();
        match &self.pieces[piece] {
            PieceRuns::Batch(idle) => {
                let run = lock(idle).pop();
                let mut run = match run {
                    Some(run) => run,
                    None => PieceRun::new(stage, &self.stages.tables)?,
                };
                run.batch(rows, &given, &mut made)?;
                lock(idle).push(run);
                Ok(())
            }
            PieceRuns::Cell(lanes) => {
                let mut cell = lock(&lanes[lane]);
                let (run, states) = &mut *cell;
                run.cell(rows, stage, states, &given, &mut made)
            }
        }
    }
}

fn read(table: &RwLock<Vec<f32>>) -> std::sync::RwLockReadGuard<'_, Vec<f32>> {
    table.read().unwrap_or_else(PoisonError::into_inner)
}
