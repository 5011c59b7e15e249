//! Ending an enhancement from elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use enhancer_core::{CancelToken, Canceller};

/// Cancels an enhancement: its source, and its session once that is open. Clones are
/// one and the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancellation {
    token: CancelToken,
    session: Arc<Mutex<Option<Canceller>>>,
}

impl Cancellation {
    /// What ends opening and reading the source.
    pub(super) fn token(&self) -> CancelToken {
        self.token.clone()
    }

    /// From now on that session is the one to cancel.
    pub(super) fn watch(&self, session: Canceller) {
        self.lock().replace(session.clone());
        // Either this sees that it was cancelled, or the canceller sees the session.
        if self.token.is_cancelled() {
            session.cancel();
        }
    }

    /// Cancels when what this returns is dropped.
    pub(super) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Canceller>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Cancellation::on_drop`].
pub(super) struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.token.cancel();
        if let Some(session) = &*self.0.lock() {
            session.cancel();
        }
    }
}
