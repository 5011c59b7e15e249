//! Ctrl-C and SIGTERM.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use enhancer_core::Canceller;

use crate::failure::{Failure, Side};

/// Cancels the session that is under way when the user interrupts the program,
/// so that it can tidy up. While there is none, or if the user insists, the
/// program ends at once.
pub(crate) struct Interrupt(Arc<Mutex<Watched>>);

#[derive(Default)]
struct Watched {
    interrupted: bool,
    session: Option<Canceller>,
}

impl Interrupt {
    /// Takes over from the default, which ends the program at once.
    pub(crate) fn install() -> Result<Interrupt, Failure> {
        let watched = Arc::new(Mutex::new(Watched::default()));
        let handled = watched.clone();
        ctrlc::set_handler(move || on_interrupt(&handled))
            .context("cannot handle interrupts")
            .map_err(|error| Failure::new(Side::Other, "interrupts", error))?;
        Ok(Interrupt(watched))
    }

    /// From now on that session is the one to cancel, until this is dropped.
    pub(crate) fn watch(&self, session: Canceller) -> Watch<'_> {
        lock(&self.0).session = Some(session);
        Watch(self)
    }
}

/// A session that is watched.
pub(crate) struct Watch<'a>(&'a Interrupt);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        lock(&self.0.0).session = None;
    }
}

fn on_interrupt(watched: &Mutex<Watched>) {
    let mut watched = lock(watched);
    match &watched.session {
        Some(session) if !watched.interrupted => session.cancel(),
        _ => std::process::exit(Side::Interrupted as i32),
    }
    watched.interrupted = true;
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}
