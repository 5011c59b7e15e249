//! A run of a piece of a network, compiled or interpreted.

use super::Tables;
use super::delays::DelayRun;
#[cfg(feature = "tflite")]
use super::interpreted::InterpretedRun;
use super::stages::{BLOCK, Next, PieceStage, Prepared, StateStage};
use crate::error::Result;
use crate::program;

/// The maximum size in bytes of a run's buffers. They stay in the second-level cache, together with
/// the weights.
const CACHED: usize = 400 << 10;

pub(crate) enum PieceRun {
    Compiled(program::Run),
    Delays(DelayRun),
    #[cfg(feature = "tflite")]
    Interpreted(InterpretedRun),
}

/// The states of a cell for one lane.
pub(crate) struct States {
    /// The values before the step.
    now: Vec<Vec<f32>>,
    /// The values after it.
    next: Vec<Vec<f32>>,
}

impl States {
    /// Zeros.
    pub(super) fn new(states: &[StateStage]) -> States {
        let zeros = |state: &StateStage| vec![0.0; state.len];
        let zeros: Vec<Vec<f32>> = states.iter().map(zeros).collect();
        States { now: zeros.clone(), next: zeros }
    }

    pub(super) fn clear(&mut self) {
        self.now.iter_mut().for_each(|state| state.fill(0.0));
    }
}

impl PieceRun {
    /// Prepares a run over `lanes` lanes for up to `rows` rows of tables, which contain one block.
    pub(super) fn new(stage: &PieceStage, lanes: usize, rows: usize) -> Result<PieceRun> {
        let most = if stage.states.is_some() { 1 } else { BLOCK };
        Ok(match &stage.network {
            Prepared::Compiled(program) => {
                let cached = CACHED / (4 * program.row()).max(1);
                PieceRun::Compiled(program.run(cached.clamp(1, most.min(rows)))?)
            }
            Prepared::Delays(delays) => PieceRun::Delays(DelayRun::new(delays, lanes)),
            #[cfg(feature = "tflite")]
            Prepared::Interpreted(piece) => PieceRun::Interpreted(piece.run()?),
        })
    }

    /// Forgets the steps before.
    pub(super) fn clear(&mut self) {
        if let PieceRun::Delays(run) = self {
            run.clear();
        }
    }

    /// Computes `rows` rows of tables, which contain one block.
    pub(super) fn batch(
        &mut self,
        rows: usize,
        given: &[&[f32]],
        made: &mut [&mut [f32]],
    ) -> Result<()> {
        let at_once = match self {
            PieceRun::Compiled(run) => run.rows(),
            _ => BLOCK,
        };
        for first in (0..rows).step_by(at_once) {
            let count = at_once.min(BLOCK - first);
            let part = |table: &[f32]| (first * table.len() / BLOCK, count * table.len() / BLOCK);
            let given: Tables<&[f32]> = given
                .iter()
                .map(|table| {
                    let (from, len) = part(table);
                    &table[from..from + len]
                })
                .collect();
            let mut made: Tables<&mut [f32]> = made
                .iter_mut()
                .map(|table| {
                    let (from, len) = part(table);
                    &mut table[from..from + len]
                })
                .collect();
            self.compute(count.min(rows - first), &given, &mut made)?;
        }
        Ok(())
    }

    /// Computes `rows` rows of a cell. Each step of all `lanes` comes before the next step. In
    /// `made`, the tables of past states follow the outputs.
    pub(super) fn cell(
        &mut self,
        rows: usize,
        stage: &PieceStage,
        lanes: &mut [States],
        given: &[&[f32]],
        made: &mut [&mut [f32]],
    ) -> Result<()> {
        if let PieceRun::Delays(run) = self {
            run.run(rows, given, made);
            return Ok(());
        }
        let stages = stage.states.as_deref().unwrap_or_default();
        let count = lanes.len();
        for at in 0..rows {
            let States { now, next } = &mut lanes[at % count];
            let row = |len: usize| at * len / BLOCK..(at + 1) * len / BLOCK;
            let taken = given.iter().map(|table| &table[row(table.len())]);
            let (outputs, past) = made.split_at_mut(stage.outputs.len());
            let (before, mut outputs): (Tables<&[f32]>, Tables<&mut [f32]>) = outputs
                .iter_mut()
                .map(|table| {
                    let len = table.len() / BLOCK;
                    let (before, rest) = table.split_at_mut(at * len);
                    (&before[before.len().saturating_sub(count * len)..], &mut rest[..len])
                })
                .unzip();
            // The result of the lane's previous step is in the table.
            let was = stages.iter().zip(now.iter()).map(|(state, now)| match state.next {
                Next::Made(output) if at >= count => &before[output][..now.len()],
                _ => now,
            });
            let inputs: Tables<&[f32]> = was.chain(taken).collect();
            self.compute(1, &inputs, &mut outputs)?;
            let (was, taken) = inputs.split_at(stages.len());
            let needed = stages.iter().zip(was).filter(|(state, _)| state.past.is_some());
            for ((_, state), past) in needed.zip(past) {
                let row = row(past.len());
                past[row].copy_from_slice(state);
            }
            let is_last = at + count >= rows;
            for (state, next) in stages.iter().zip(next.iter_mut()) {
                match state.next {
                    Next::Made(output) if is_last => next.copy_from_slice(outputs[output]),
                    Next::Made(_) => {}
                    Next::Taken(at) => next.copy_from_slice(taken[at]),
                    Next::Past(at) => next.copy_from_slice(was[at]),
                }
            }
            drop(inputs);
            std::mem::swap(now, next);
        }
        Ok(())
    }

    fn compute(&mut self, rows: usize, given: &[&[f32]], made: &mut [&mut [f32]]) -> Result<()> {
        match self {
            PieceRun::Compiled(run) => run.compute(rows, given, made)?,
            PieceRun::Delays(_) => unreachable!("a cell of delay lines goes by itself"),
            #[cfg(feature = "tflite")]
            PieceRun::Interpreted(run) => run.compute(given, made)?,
        }
        Ok(())
    }
}
