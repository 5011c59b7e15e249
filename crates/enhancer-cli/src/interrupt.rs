//! Ctrl-C and SIGTERM.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use enhancer_core::{CancelToken, Canceller};

use crate::failure::{Failure, Side};

/// Cancels the running source and session when the user interrupts the program, so that it
/// can clean up. Between jobs, or at the second interrupt, the program exits at once.
pub(crate) struct Interrupt(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    interrupted: bool,
    /// Whether there may be a temporary file to remove.
    in_job: bool,
    /// Of the sources of all jobs: after an interrupt no job begins.
    cancel: CancelToken,
    session: Option<Canceller>,
}

impl Interrupt {
    /// Replaces the default handler, which exits at once.
    pub(crate) fn install() -> Result<Interrupt, Failure> {
        let state = Arc::new(Mutex::new(State::default()));
        let handled = state.clone();
        ctrlc::set_handler(move || lock(&handled).interrupt())
            .context("cannot handle interrupts")
            .map_err(|error| Failure::new(Side::Other, "interrupts", error))?;
        Ok(Interrupt(state))
    }

    /// Marks the begin of a job, which ends when the returned value is dropped.
    pub(crate) fn begin_job(&self) -> Job<'_> {
        lock(&self.0).in_job = true;
        Job(self)
    }

    /// Whether the user has interrupted the program.
    pub(crate) fn interrupted(&self) -> bool {
        lock(&self.0).interrupted
    }
}

/// A job that an interrupt cancels.
pub(crate) struct Job<'a>(&'a Interrupt);

impl Job<'_> {
    /// What an interrupt cancels before there is a session.
    pub(crate) fn cancel(&self) -> CancelToken {
        lock(&self.0.0).cancel.clone()
    }

    /// Sets the session to cancel from now on.
    pub(crate) fn watch(&self, session: Canceller) {
        let mut state = lock(&self.0.0);
        if state.interrupted {
            session.cancel();
        }
        state.session = Some(session);
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.0);
        state.in_job = false;
        state.session = None;
    }
}

impl State {
    fn interrupt(&mut self) {
        if self.interrupted || !self.in_job {
            std::process::exit(Side::Interrupted as i32);
        }
        self.interrupted = true;
        self.cancel.cancel();
        if let Some(session) = &self.session {
            session.cancel();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
