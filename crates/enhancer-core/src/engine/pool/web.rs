//! The page's web workers: rayon's global pool, which `wasm-bindgen-rayon` sets
//! up once and every engine of the page shares.

use crate::error::{ErrorKind, Result};

/// The global pool.
pub(crate) struct Threads;

impl Threads {
    /// Takes the pool as it is: `_threads` bounds how many tasks this engine does
    /// at once, which is not the pool's business.
    pub(super) fn new(_threads: Option<usize>) -> Result<Threads> {
        // To ask rayon sets up a pool of the calling thread alone if there is
        // none yet, and that thread would then wait for itself.
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

    /// The pool belongs to the page: there is nothing to end.
    pub(super) fn join(&self) {}
}
