//! Ending work from elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that ends work from elsewhere: from another thread, a signal or a callback.
///
/// The caller makes it, hands a clone to the work and keeps one. All clones are one and
/// the same flag. Once cancelled it stays cancelled.
///
/// ```
/// use enhancer_core::{CancelToken, OpenOptions, open};
/// let cancel = CancelToken::new();
/// cancel.cancel();
/// let options = OpenOptions { cancel, ..OpenOptions::default() };
/// let error = open(std::io::Cursor::new(b"RIFF\0\0\0\0WAVE"), &options).err().unwrap();
/// assert_eq!(error.code(), "cancelled");
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A flag that is not cancelled.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Asks all work that has this token to end. A second call changes nothing.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
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
}
