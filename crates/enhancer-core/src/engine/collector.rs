//! The processed queue and its collector: results sorted by session and, within
//! a session, by their order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use enhancer_networks::panics::contain;

use super::{Priority, lock};
use crate::audio::Planes;
use crate::error::{Error, ErrorKind, Result};

/// All open sessions, each with what was processed for it.
#[derive(Default)]
pub(super) struct Collector {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_key: HashMap<u64, Arc<Collected>>,
    /// Those that were given.
    ids: HashSet<String>,
    next_key: u64,
}

impl Collector {
    /// Opens a session, by its key alone if no id is given.
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

    /// Forgets a session, whose id may then be used again.
    pub(super) fn close(&self, session: &Collected) {
        let mut open = lock(&self.open);
        open.by_key.remove(&session.key);
        if session.is_named {
            open.ids.remove(&session.id);
        }
    }

    /// Ends all open sessions with that error.
    pub(super) fn fail_all(&self, error: &Error) {
        // To fail a session wakes the thread that waits for it, which may come back here.
        let sessions: Vec<_> = lock(&self.open).by_key.values().cloned().collect();
        for session in sessions {
            session.fail(error.clone());
        }
    }
}

/// One session's part of the processed queue.
pub(super) struct Collected {
    /// As it was given, or one that was made up.
    pub(super) id: String,
    /// Whether it was given.
    is_named: bool,
    /// Tells sessions apart that had the same id one after the other.
    pub(super) key: u64,
    pub(super) priority: Priority,
    stopped: AtomicBool,
    processed: Mutex<Processed>,
}

#[derive(Default)]
struct Processed {
    /// Enhanced bundles that came, by their index.
    bundles: BTreeMap<u64, Planes>,
    /// Index of the bundle that is to be taken next.
    next: u64,
    failure: Option<Error>,
    /// Who waits for that bundle.
    waker: Option<Waker>,
}

impl Collected {
    /// Whether work for the session is of no use any more.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Takes in what a worker has done.
    pub(super) fn collect(&self, index: u64, bundle: Planes) {
        self.update(|processed| {
            if processed.failure.is_none() {
                processed.bundles.insert(index, bundle);
            }
        });
    }

    /// From now on work for the session is of no use.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Ends the session with an error. The first one stays.
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
        // The waker is its owner's code. A panic in it concerns nobody here.
        let _ = contain(|| waker.map(Waker::wake));
    }

    /// What ended the session before its time, if anything did.
    pub(super) fn check(&self) -> Result<()> {
        lock(&self.processed).failure.clone().map_or(Ok(()), Err)
    }

    /// Takes the bundle that comes next, or has `context` woken when it is there.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Planes>> {
        // Wakers are cloned and dropped, which is their owner's code too, while
        // nothing is locked: the old one goes when this returns.
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
