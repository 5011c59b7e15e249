//! Prepared runs of models, kept for the next session.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::lock;
use crate::error::Result;
use crate::model::{Model, Stream, WeakModel};

/// Runs that no task needs at the moment: to prepare one takes longer than to reset it.
pub(super) struct Runs {
    /// How many are kept for each model.
    most: usize,
    /// The one that was kept last is at the end.
    kept: Mutex<VecDeque<(WeakModel, Stream)>>,
}

impl Runs {
    /// Keeps as many runs of each model as there are workers.
    pub(super) fn new(workers: usize) -> Runs {
        Runs { most: workers, kept: Mutex::default() }
    }

    /// A run of that model at its beginning: one that was kept, if it has so many lanes
    /// and takes so many samples in a step.
    ///
    /// # Errors
    /// Those of [`Model::stream`].
    pub(super) fn take(&self, model: &Model, lanes: usize, hop: usize) -> Result<Stream> {
        let fits = |(of, run): &(WeakModel, Stream)| {
            of.is(model) && (run.lanes(), run.hop()) == (lanes, hop)
        };
        let used = {
            let mut kept = lock(&self.kept);
            let at = kept.iter().position(fits);
            at.and_then(|at| kept.remove(at))
        };
        match used {
            Some((_, mut run)) => {
                run.reset();
                Ok(run)
            }
            None => model.sequence(lanes, hop / model.hop()),
        }
    }

    /// Keeps a run for later, and drops what is kept too long: the oldest run of a model
    /// that has too many, and those of models that are gone.
    pub(super) fn keep(&self, model: &Model, run: Stream) {
        let mut kept = lock(&self.kept);
        kept.retain(|(of, _)| !of.is_gone());
        kept.push_back((model.downgrade(), run));
        let of_model = kept.iter().filter(|(of, _)| of.is(model)).count();
        if of_model > self.most
            && let Some(oldest) = kept.iter().position(|(of, _)| of.is(model))
        {
            kept.remove(oldest);
        }
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.kept).len()
    }
}
