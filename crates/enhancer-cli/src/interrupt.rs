//! Ctrl-C and SIGTERM.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use enhancer_core::CancelToken;

use crate::failure::{Failure, Side};

/// Cancels the job that is under way when the user interrupts the program, so that it
/// can tidy up. Between jobs, or if the user insists, the program ends at once.
pub(crate) struct Interrupt {
    /// Of all jobs: after an interrupt no job begins.
    cancel: CancelToken,
    /// Whether there may be a temporary file to remove.
    in_job: Arc<Mutex<bool>>,
}

impl Interrupt {
    /// Takes over from the default, which ends the program at once.
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
        .map_err(|error| Failure::new(Side::Other, "interrupts", error))?;
        Ok(interrupt)
    }

    /// A job begins; it ends when what this returns is dropped.
    pub(crate) fn begin_job(&self) -> InJob<'_> {
        *lock(&self.in_job) = true;
        InJob(&self.in_job)
    }

    /// What an interrupt cancels.
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
