//! Prepared runs of models, kept for the next session.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::lock;
use crate::error::Result;
use crate::model::{Model, Stream, WeakModel};

/// Runs that no task uses at the moment. Resetting a run is faster than preparing one.
pub(super) struct Runs {
    /// The maximum number of runs per model.
    most: usize,
    /// The most recent one is last.
    kept: Mutex<VecDeque<(WeakModel, Stream)>>,
}

impl Runs {
    /// Keeps as many runs of each model as there are workers.
    pub(super) fn new(workers: usize) -> Runs {
        Runs { most: workers, kept: Mutex::default() }
    }

    /// Returns a run of the model in its initial state: a kept one, if it has this many lanes and
    /// this many samples per step.
    ///
    /// # Errors
    /// The errors of [`Model::stream`].
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

    /// Keeps a run for later. Drops the oldest run of a model that has too many, and all runs of
    /// models that are gone.
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

    /// The number of kept runs.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        lock(&self.kept).len()
    }
}
