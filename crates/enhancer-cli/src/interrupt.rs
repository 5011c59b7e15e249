//! Ctrl-C and SIGTERM.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use enhancer_core::CancelToken;

use crate::failure::{Code, Failure, Side};

/// Cancels the running job when the user interrupts the program, so that it can clean up.
/// Between jobs, or at the second interrupt, the program exits at once.
pub(crate) struct Interrupt {
    /// The token of all jobs: after an interrupt no job starts.
    cancel: CancelToken,
    /// Whether there may be a temporary file to remove.
    in_job: Arc<Mutex<bool>>,
}

impl Interrupt {
    /// Replaces the default handler, which exits at once.
    pub(crate) fn install() -> Result<Interrupt, Failure> {
        let interrupt = Interrupt { cancel: CancelToken::new(), in_job: Arc::default() };
        let (cancel, in_job) = (interrupt.cancel.clone(), interrupt.in_job.clone());
        ctrlc::set_handler(move || {
            let in_job = lock(&in_job);
            if cancel.is_cancelled() || !*in_job {
                std::process::exit(Side::Interrupted as i32);
            }
            cancel.cancel();
        })
        .context("cannot handle interrupts")
        .map_err(|error| Failure::new(Side::Other, Code::Interrupts, error))?;
        Ok(interrupt)
    }

    /// Marks the start of a job. The job ends when the returned value is dropped.
    pub(crate) fn begin_job(&self) -> InJob<'_> {
        *lock(&self.in_job) = true;
        InJob(&self.in_job)
    }

    /// The token that an interrupt cancels.
    pub(crate) fn token(&self) -> CancelToken {
        self.cancel.clone()
    }
}

/// A job that an interrupt cancels.
pub(crate) struct InJob<'a>(&'a Mutex<bool>);

impl Drop for InJob<'_> {
    fn drop(&mut self) {
        *lock(self.0) = false;
    }
}

fn lock(in_job: &Mutex<bool>) -> MutexGuard<'_, bool> {
    in_job.lock().unwrap_or_else(PoisonError::into_inner)
}
