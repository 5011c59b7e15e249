//! How many enhancements run at once, and how many wait for their turn.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::problem::{Problem, Result};
use crate::settings::LimitSettings;

/// Weight of the newest sample in the moving average of run times.
const SMOOTHING: f64 = 0.2;

/// The maximum of `Retry-After`, in seconds.
const LONGEST_RETRY: f64 = 300.0;

/// Admits a limited number of enhancements at once, in order of arrival.
#[derive(Debug)]
pub(crate) struct Admission {
    sessions: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    max_sessions: usize,
    max_waiting: usize,
    max_wait: Duration,
    shutdown: CancellationToken,
    /// How long an enhancement usually takes.
    usual: Arc<Mutex<Duration>>,
}

/// The right to enhance one recording, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Permit {
    _turn: OwnedSemaphorePermit,
    since: Instant,
    usual: Arc<Mutex<Duration>>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut usual = self.usual.lock().unwrap_or_else(PoisonError::into_inner);
        *usual = usual.mul_f64(1.0 - SMOOTHING) + self.since.elapsed().mul_f64(SMOOTHING);
    }
}

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
            usual: Arc::new(Mutex::new(Duration::from_secs(1))),
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
        // A request that is admitted at once does not count as waiting.
        let max = self.max_waiting + self.sessions.available_permits();
        if waiting.place > max {
            return Err(self.busy());
        }
        let turn = self.sessions.clone().acquire_owned();
        tokio::select! {
            turn = timeout(self.max_wait, turn) => match turn {
                Ok(Ok(turn)) => Ok(self.permit(turn)),
                Ok(Err(closed)) => Err(Problem::internal(closed)),
                Err(_) => Err(self.busy()),
            },
            () = self.shutdown.cancelled() => Err(shutting_down()),
        }
    }

    fn permit(&self, turn: OwnedSemaphorePermit) -> Permit {
        Permit { _turn: turn, since: Instant::now(), usual: self.usual.clone() }
    }

    /// Updates the metrics of running and waiting enhancements.
    pub(crate) fn observe(&self) {
        let active = self.max_sessions - self.sessions.available_permits();
        gauge!("enhancer_active_sessions").set(active as f64);
        gauge!("enhancer_waiting_sessions").set(self.waiting.load(Ordering::Relaxed) as f64);
    }

    fn busy(&self) -> Problem {
        let detail =
            format!("all {} slots are busy; try again later, or submit a job", self.max_sessions);
        // By then, all requests that wait now should have had their turn.
        let ahead = self.waiting.load(Ordering::Relaxed) as f64 / self.max_sessions as f64;
        let usual = self.usual.lock().unwrap_or_else(PoisonError::into_inner).as_secs_f64();
        let seconds = (usual * (1.0 + ahead)).ceil().clamp(1.0, LONGEST_RETRY) as u64;
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(seconds)
    }
}

/// 503 during shutdown.
pub(crate) fn shutting_down() -> Problem {
    let detail = "the server is shutting down; try again in a moment";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", detail).retry_after(5)
}

/// A waiting request.
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limits: LimitSettings,
    }

    fn admission(waiting: &str, wait: &str) -> Admission {
        let one = ["", "--max-sessions", "1", "--max-waiting", waiting, "--max-wait", wait];
        Admission::new(&Command::parse_from(one).limits, CancellationToken::new())
    }

    #[tokio::test]
    async fn who_waits_gets_in_when_another_leaves_and_the_next_does_not() {
        let admission = admission("1", "60");
        let first = admission.enter().await.unwrap();
        let (second, ()) = tokio::join!(admission.enter(), async {
            tokio::task::yield_now().await;
            assert_eq!(admission.enter().await.unwrap_err().code(), "busy");
            drop(first);
        });
        second.unwrap();
        admission.enter().await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_allowed_or_once_it_ends() {
        let admission = admission("9", "0");
        let _first = admission.enter().await.unwrap();
        assert_eq!(admission.enter().await.unwrap_err().code(), "busy");
        assert_eq!(admission.waiting.load(Ordering::Relaxed), 0);
        admission.shutdown.cancel();
        assert_eq!(admission.enter().await.unwrap_err().code(), "shutting_down");
    }

    #[tokio::test]
    async fn clients_are_asked_to_stay_away_as_long_as_it_should_take() {
        let admission = admission("9", "60");
        let retry = || serde_json::to_value(admission.busy()).unwrap()["retry_after"].as_u64();
        assert_eq!(retry(), Some(1));
        for _ in 0..50 {
            let mut permit = admission.enter().await.unwrap();
            permit.since = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
        }
        assert_eq!(retry(), Some(20));
        admission.waiting.store(2, Ordering::Relaxed);
        assert!(retry() > Some(57));
    }
}
