//! The order in which units of work run, and their threads.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use rayon::Scope;

use super::blocks::Blocks;
use super::is_worker;
use super::stages::PieceStage;
use crate::error::{Error, Result};
use crate::panics::lock;

/// The units of work of a run: pieces for blocks of groups of lanes. A unit runs when its
/// dependencies are done, on any free worker, so that a wave of work moves through the network. The
/// results depend neither on the order nor on the number of workers.
pub(crate) struct Waves {
    groups: usize,
    /// The number of blocks per group.
    blocks: usize,
    /// For each piece, those that depend on it.
    before: Vec<Vec<usize>>,
    /// For each piece, the number of its dependencies, and whether it continues from block to
    /// block.
    needs: Vec<(usize, bool)>,
    /// For each unit, the number of its unfinished dependencies.
    missing: Vec<AtomicUsize>,
}

/// The units that can run. Those of earlier blocks come first.
type Ready = Mutex<BinaryHeap<Reverse<(usize, usize, usize)>>>;

impl Waves {
    pub(super) fn new(pieces: &[PieceStage], blocks: Blocks) -> Waves {
        let mut before = vec![vec![]; pieces.len()];
        for (at, piece) in pieces.iter().enumerate() {
            piece.after.iter().for_each(|&maker: &usize| before[maker].push(at));
        }
        let count = pieces.len() * blocks.count();
        Waves {
            groups: blocks.groups(),
            blocks: blocks.in_group(),
            before,
            needs: pieces.iter().map(|p| (p.after.len(), p.states.is_some())).collect(),
            missing: (0..count).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// Runs all units. `unit` gets a piece, a group and a block.
    pub(super) fn run(
        &self,
        unit: impl Fn(usize, usize, usize) -> Result<()> + Sync,
    ) -> Result<()> {
        let pieces = self.needs.len();
        let units = (0..self.blocks).flat_map(|block| {
            (0..self.groups).flat_map(move |group| (0..pieces).map(move |p| (block, group, p)))
        });
        // The pieces of a single block are too short to wake another worker.
        let is_alone = self.groups * self.blocks == 1;
        if is_alone || !is_worker() || rayon::current_num_threads() == 1 {
            for (block, group, piece) in units {
                unit(piece, group, block)?;
            }
            return Ok(());
        }
        let (ready, failure) = (Ready::default(), OnceLock::new());
        for (block, group, piece) in units {
            let (pieces, goes_on) = self.needs[piece];
            let needed = pieces + usize::from(goes_on && block > 0);
            self.missing[self.place(block, group, piece)].store(needed, Ordering::Relaxed);
            if needed == 0 {
                lock(&ready).push(Reverse((block, group, piece)));
            }
        }
        let first = lock(&ready).len();
        let wave = Wave { waves: self, ready, failure, unit };
        rayon::scope(|scope| (0..first).for_each(|_| wave.spawn(scope)));
        match wave.failure.into_inner() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn place(&self, block: usize, group: usize, piece: usize) -> usize {
        (block * self.groups + group) * self.needs.len() + piece
    }
}

struct Wave<'w, F> {
    waves: &'w Waves,
    ready: Ready,
    failure: OnceLock<Error>,
    unit: F,
}

impl<F: Fn(usize, usize, usize) -> Result<()> + Sync> Wave<'_, F> {
    /// Spawns a task that runs the first ready unit at that time. There are as many such tasks as
    /// ready units.
    fn spawn<'s>(&'s self, scope: &Scope<'s>) {
        scope.spawn(|scope| {
            let Some(Reverse((block, group, piece))) = lock(&self.ready).pop() else { return };
            if self.failure.get().is_some() {
                return;
            }
            match (self.unit)(piece, group, block) {
                Ok(()) => self.done(scope, block, group, piece),
                Err(error) => drop(self.failure.set(error)),
            }
        });
    }

    /// Marks units as ready that have only waited for this one.
    fn done<'s>(&'s self, scope: &Scope<'s>, block: usize, group: usize, piece: usize) {
        let waves = self.waves;
        let takers = waves.before[piece].iter().map(|&taker| (block, group, taker));
        let goes_on = waves.needs[piece].1 && block + 1 < waves.blocks;
        for (block, group, piece) in takers.chain(goes_on.then_some((block + 1, group, piece))) {
            let missing = &waves.missing[waves.place(block, group, piece)];
            if missing.fetch_sub(1, Ordering::AcqRel) == 1 {
                lock(&self.ready).push(Reverse((block, group, piece)));
                self.spawn(scope);
            }
        }
    }
}
