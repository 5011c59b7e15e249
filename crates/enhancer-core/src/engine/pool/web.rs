//! The page's web workers: rayon's global pool, which `wasm-bindgen-rayon` sets up once and all
//! engines of the page share.

use crate::error::{ErrorKind, Result};

/// The global pool.
pub(crate) struct Threads;

impl Threads {
    /// Uses the global pool. `_threads` limits how many tasks the engine runs at once, not the size
    /// of the pool.
    pub(super) fn new(_threads: Option<usize>) -> Result<Threads> {
        // If there is no pool yet, this call creates one that consists of the calling thread alone.
        // That thread would then wait for itself.
        let _ = rayon::current_num_threads();
        if rayon::current_thread_index().is_some() {
            let reason = "the pool of web workers has not been started".into();
            return Err(ErrorKind::Workers { reason }.into());
        }
        Ok(Threads)
    }

    pub(super) fn count(&self) -> usize {
        rayon::current_num_threads()
    }

    /// Runs a job on one of the pool's threads.
    pub(super) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        rayon::spawn(job);
    }

    /// The pool belongs to the page, so nothing has to end.
    pub(super) fn join(&self) {}
}
