//! Ending an enhancement from elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use enhancer_core::Canceller;

/// Cancels an enhancement, whether its session is open already or not. Clones are one
/// and the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancellation(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    session: Option<Canceller>,
}

impl Cancellation {
    /// From now on that session is the one to cancel.
    pub(super) fn watch(&self, session: Canceller) {
        let mut state = self.lock();
        if state.cancelled {
            session.cancel();
        }
        state.session = Some(session);
    }

    /// Cancels when what this returns is dropped.
    pub(super) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Cancellation::on_drop`].
pub(super) struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.cancelled = true;
        if let Some(session) = &state.session {
            session.cancel();
        }
    }
}
