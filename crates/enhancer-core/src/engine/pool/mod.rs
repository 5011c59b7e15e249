//! Where workers run.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
use native::Threads;
#[cfg(target_arch = "wasm32")]
use web::Threads;

use crate::error::Result;

/// Where workers run.
pub(super) enum Pool {
    /// On threads: our own, or the page's web workers.
    Threads(Threads),
    /// Nowhere: the thread that pulls from a session does the work.
    Inline,
}

impl Pool {
    /// That many threads; by default one for each processor.
    ///
    /// # Errors
    /// `Workers` if they cannot be started.
    pub(super) fn threaded(threads: Option<usize>) -> Result<Pool> {
        Threads::new(threads).map(Pool::Threads)
    }

    /// Whether there are no threads.
    pub(super) fn is_inline(&self) -> bool {
        matches!(self, Pool::Inline)
    }

    /// How many threads can work at once.
    pub(super) fn threads(&self) -> usize {
        match self {
            Pool::Threads(threads) => threads.count(),
            Pool::Inline => 1,
        }
    }

    /// Which of the threads this is.
    pub(super) fn current_thread(&self) -> Option<usize> {
        match self {
            Pool::Threads(_) => rayon::current_thread_index(),
            Pool::Inline => Some(0),
        }
    }

    /// Runs a job on one of the threads; without threads never.
    pub(super) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        if let Pool::Threads(threads) = self {
            threads.spawn(job);
        }
    }

    /// Ends threads of our own and waits until they are gone.
    pub(super) fn join(&self) {
        if let Pool::Threads(threads) = self {
            threads.join();
        }
    }
}
