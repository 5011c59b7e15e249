//! How many enhancements run at once, and how many wait for their turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::problem::{Problem, Result};
use crate::settings::LimitSettings;

/// Lets a bounded number of enhancements in, those who wait in the order they came.
#[derive(Debug)]
pub(crate) struct Admission {
    sessions: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    max_sessions: usize,
    max_waiting: usize,
    max_wait: Duration,
    shutdown: CancellationToken,
}

/// The right to enhance one recording, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Permit(#[expect(dead_code)] OwnedSemaphorePermit);

impl Admission {
    pub(crate) fn new(limits: &LimitSettings, shutdown: CancellationToken) -> Admission {
        let max_sessions = limits.max_sessions();
        Admission {
            sessions: Arc::new(Semaphore::new(max_sessions)),
            waiting: Arc::default(),
            max_sessions,
            max_waiting: limits.max_waiting,
            max_wait: Duration::from_secs(limits.max_wait),
            shutdown,
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// 503 `busy` if too many wait already or it takes too long, 503 `shutting_down`.
    pub(crate) async fn enter(&self) -> Result<Permit> {
        if self.shutdown.is_cancelled() {
            return Err(shutting_down());
        }
        let waiting = Waiting::begin(&self.waiting);
        // Who gets in at once has not waited.
        let max = self.max_waiting + self.sessions.available_permits();
        if waiting.place > max {
            return Err(self.busy());
        }
        let turn = self.sessions.clone().acquire_owned();
        tokio::select! {
            turn = timeout(self.max_wait, turn) => match turn {
                Ok(Ok(permit)) => Ok(Permit(permit)),
                Ok(Err(closed)) => Err(Problem::internal(closed)),
                Err(_) => Err(self.busy()),
            },
            () = self.shutdown.cancelled() => Err(shutting_down()),
        }
    }

    /// Tells how many run and how many wait to whoever measures.
    pub(crate) fn observe(&self) {
        let active = self.max_sessions - self.sessions.available_permits();
        gauge!("enhancer_active_sessions").set(active as f64);
        gauge!("enhancer_waiting_sessions").set(self.waiting.load(Ordering::Relaxed) as f64);
    }

    fn busy(&self) -> Problem {
        let detail = format!(
            "{} recordings are being enhanced and as many as may wait do; try again later, \
             or submit a job",
            self.max_sessions
        );
        let seconds = self.max_wait.as_secs().clamp(1, 30);
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(seconds)
    }
}

/// 503, while the server ends.
pub(crate) fn shutting_down() -> Problem {
    let detail = "the server is being shut down; try again in a moment";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", detail).retry_after(5)
}

/// One who waits.
struct Waiting {
    all: Arc<AtomicUsize>,
    place: usize,
}

impl Waiting {
    fn begin(all: &Arc<AtomicUsize>) -> Waiting {
        Waiting { all: all.clone(), place: all.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}
