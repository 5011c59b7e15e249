//! The processed queue and its collector: results sorted by session and, within a session, by their
//! order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use enhancer_networks::panics::contain;

use super::{Priority, lock};
use crate::audio::Planes;
use crate::error::{Error, ErrorKind, Result};

/// All open sessions, each with its processed bundles.
#[derive(Default)]
pub(super) struct Collector {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_key: HashMap<u64, Arc<Collected>>,
    /// The ids that callers chose.
    ids: HashSet<String>,
    next_key: u64,
}

impl Collector {
    /// Opens a session. Without an id, its key serves as its id.
    pub(super) fn open(&self, id: Option<&str>, priority: Priority) -> Result<Arc<Collected>> {
        let mut open = lock(&self.open);
        if let Some(id) = id
            && !open.ids.insert(id.into())
        {
            return Err(ErrorKind::SessionExists { id: id.into() }.into());
        }
        let key = open.next_key;
        open.next_key += 1;
        let collected = Arc::new(Collected {
            id: id.map_or_else(|| format!("session {key}"), Into::into),
            is_named: id.is_some(),
            key,
            priority,
            stopped: AtomicBool::new(false),
            processed: Mutex::default(),
        });
        open.by_key.insert(key, collected.clone());
        Ok(collected)
    }

    /// Removes a session. Its id can then be used again.
    pub(super) fn close(&self, session: &Collected) {
        let mut open = lock(&self.open);
        open.by_key.remove(&session.key);
        if session.is_named {
            open.ids.remove(&session.id);
        }
    }

    /// Ends all open sessions with this error.
    pub(super) fn fail_all(&self, error: &Error) {
        // Failing a session wakes the thread that waits for it, which may call back into this
        // collector.
        let sessions: Vec<_> = lock(&self.open).by_key.values().cloned().collect();
        for session in sessions {
            session.fail(error.clone());
        }
    }
}

/// The part of the processed queue that belongs to one session.
pub(super) struct Collected {
    /// The id that the caller chose, or a generated one.
    pub(super) id: String,
    /// Whether the caller chose the id.
    is_named: bool,
    /// Distinguishes sessions that had the same id one after the other.
    pub(super) key: u64,
    pub(super) priority: Priority,
    stopped: AtomicBool,
    processed: Mutex<Processed>,
}

#[derive(Default)]
struct Processed {
    /// Enhanced bundles, by their index.
    bundles: BTreeMap<u64, Planes>,
    /// The index of the bundle to take next.
    next: u64,
    failure: Option<Error>,
    /// Wakes the task that waits for that bundle.
    waker: Option<Waker>,
}

impl Collected {
    /// Whether work for the session is useless from now on.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Stores the result of a worker.
    pub(super) fn collect(&self, index: u64, bundle: Planes) {
        self.update(|processed| {
            if processed.failure.is_none() {
                processed.bundles.insert(index, bundle);
            }
        });
    }

    /// Marks all further work for the session as useless.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Ends the session with an error. Later errors are ignored.
    pub(super) fn fail(&self, error: Error) {
        self.stop();
        self.update(|processed| {
            processed.failure.get_or_insert(error);
            processed.bundles.clear();
        });
    }

    fn update(&self, change: impl FnOnce(&mut Processed)) {
        let mut processed = lock(&self.processed);
        change(&mut processed);
        let waker = processed.waker.take();
        drop(processed);
        // Waking runs the owner's code. A panic in it must not spread.
        let _ = contain(|| waker.map(Waker::wake));
    }

    /// Returns the error that ended the session early, if any.
    pub(super) fn check(&self) -> Result<()> {
        lock(&self.processed).failure.clone().map_or(Ok(()), Err)
    }

    /// Takes the next bundle, or wakes `context` when it arrives.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Planes>> {
        // Cloning and dropping a waker run its owner's code, so nothing is locked meanwhile: the
        // old waker is dropped when this function returns.
        let mut waker = Some(context.waker().clone());
        let mut processed = lock(&self.processed);
        if let Some(error) = &processed.failure {
            return Poll::Ready(Err(error.clone()));
        }
        let next = processed.next;
        match processed.bundles.remove(&next) {
            Some(bundle) => {
                processed.next += 1;
                Poll::Ready(Ok(bundle))
            }
            None => {
                std::mem::swap(&mut processed.waker, &mut waker);
                Poll::Pending
            }
        }
    }
}
