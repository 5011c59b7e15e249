//! Cancels work from elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A flag that cancels work from elsewhere: from another thread, a signal handler or a callback.
///
/// Create it, pass a clone to the work and keep one. All clones share the flag. Once cancelled, it
/// stays cancelled. Cancelling wakes up work that sleeps.
///
/// ```
/// use enhancer_core::{CancelToken, OpenOptions, open};
/// let cancel = CancelToken::new();
/// cancel.cancel();
/// let options = OpenOptions::default().with_cancel(cancel);
/// let error = open(std::io::Cursor::new(b"RIFF\0\0\0\0WAVE"), &options).err().unwrap();
/// assert_eq!(error.code(), "cancelled");
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Flag>);

#[derive(Default)]
struct Flag {
    cancelled: AtomicBool,
    hooks: Mutex<Hooks>,
}

/// The hooks to call when the flag is cancelled.
#[derive(Default)]
struct Hooks {
    by_key: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
    next_key: u64,
}

impl CancelToken {
    /// Creates a flag that is not cancelled.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Asks all work that has this token to stop. A second call changes nothing.
    pub fn cancel(&self) {
        let hooks = {
            let mut hooks = self.hooks();
            self.0.cancelled.store(true, Ordering::Relaxed);
            std::mem::take(&mut hooks.by_key)
        };
        // Nothing is locked while a hook runs: it wakes others, who may call back into this token.
        hooks.into_values().for_each(|hook| hook());
    }

    /// Whether the flag was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// Calls `hook` when the token is cancelled, or at once if it is already. Dropping the returned
    /// value removes the hook.
    pub(crate) fn on_cancel(&self, hook: impl FnOnce() + Send + 'static) -> CancelHook {
        let mut hooks = self.hooks();
        let key = hooks.next_key;
        hooks.next_key += 1;
        if self.is_cancelled() {
            drop(hooks);
            hook();
        } else {
            hooks.by_key.insert(key, Box::new(hook));
        }
        CancelHook { token: self.clone(), key }
    }

    fn hooks(&self) -> MutexGuard<'_, Hooks> {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("cancelled", &self.is_cancelled()).finish()
    }
}

/// Keeps a hook registered for as long as it lives.
pub(crate) struct CancelHook {
    token: CancelToken,
    key: u64,
}

impl Drop for CancelHook {
    fn drop(&mut self) {
        // Dropped while nothing is locked: dropping the hook runs its owner's code.
        let hook = self.token.hooks().by_key.remove(&self.key);
        drop(hook);
    }
}

/// Marks the error of a cancelled source. No other error contains it.
#[derive(Debug)]
pub(crate) struct WasCancelled;

impl fmt::Display for WasCancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reading was cancelled")
    }
}

impl std::error::Error for WasCancelled {}

/// Whether an error means that reading was cancelled.
pub(crate) fn was_cancelled(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<WasCancelled>())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn clones_are_one_flag_and_others_are_not() {
        let (token, other) = (CancelToken::new(), CancelToken::new());
        let clone = token.clone();
        assert!(!clone.is_cancelled());
        token.cancel();
        token.cancel();
        assert!(clone.is_cancelled() && token.is_cancelled() && !other.is_cancelled());
    }

    #[test]
    fn hooks_are_called_once_and_only_while_they_live() {
        let token = CancelToken::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = |by| {
            let calls = calls.clone();
            move || _ = calls.fetch_add(by, Ordering::SeqCst)
        };
        let kept = token.on_cancel(count(1));
        drop(token.on_cancel(count(10)));
        token.clone().cancel();
        token.cancel();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        let late = token.on_cancel(count(100));
        assert_eq!(calls.load(Ordering::SeqCst), 101);
        drop((kept, late));
    }

    #[test]
    fn a_hook_may_use_its_token() {
        let token = CancelToken::new();
        let own = token.clone();
        let _hook = token.on_cancel(move || {
            own.cancel();
            drop(own.on_cancel(|| {}));
        });
        token.cancel();
        assert!(token.is_cancelled());
    }
}
