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
    /// On threads: the engine's own or the page's web workers.
    Threads(Threads),
    /// Without threads: the thread that pulls from a session does the work.
    Inline,
}

impl Pool {
    /// Starts this many threads. Default: one for each processor.
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

    /// The number of threads that can work at once.
    pub(super) fn threads(&self) -> usize {
        match self {
            Pool::Threads(threads) => threads.count(),
            Pool::Inline => 1,
        }
    }

    /// The index of the current thread, if it is one of the pool.
    pub(super) fn current_thread(&self) -> Option<usize> {
        match self {
            Pool::Threads(_) => rayon::current_thread_index(),
            Pool::Inline => Some(0),
        }
    }

    /// Runs a job on one of the threads. Does nothing without threads.
    pub(super) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        if let Pool::Threads(threads) = self {
            threads.spawn(job);
        }
    }

    /// Ends the engine's own threads and waits until they are gone.
    pub(super) fn join(&self) {
        if let Pool::Threads(threads) = self {
            threads.join();
        }
    }
}
