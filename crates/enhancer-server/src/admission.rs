//! How many enhancements run at once, and how many wait for their turn.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::problem::{Problem, ProblemCode, Result};
use crate::settings::LimitSettings;

/// Weight of the newest sample in the moving average of run times.
const SMOOTHING: f64 = 0.2;

/// The maximum of `Retry-After`, in seconds.
const LONGEST_RETRY: f64 = 300.0;

/// Admits a limited number of enhancements at once, in order of arrival. A single client gets
/// fewer, so that it cannot keep out all others.
#[derive(Debug)]
pub(crate) struct Admission {
    all: Arc<Share>,
    /// The shares of clients with running or waiting enhancements.
    clients: Mutex<HashMap<Client, Arc<Share>>>,
    each: Quota,
    max_wait: Duration,
    shutdown: CancellationToken,
    /// How long an enhancement usually takes.
    usual: Arc<Mutex<Duration>>,
}

/// How many enhancements may run and wait at once.
#[derive(Clone, Copy, Debug)]
struct Quota {
    sessions: usize,
    waiting: usize,
}

/// The running and waiting enhancements of one client, or of all.
#[derive(Debug)]
struct Share {
    quota: Quota,
    sessions: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// The right to enhance one recording, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    _turns: [OwnedSemaphorePermit; 2],
    _share: Arc<Share>,
    since: Instant,
    usual: Arc<Mutex<Duration>>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut usual = self.usual.lock().unwrap_or_else(PoisonError::into_inner);
        *usual = usual.mul_f64(1.0 - SMOOTHING) + self.since.elapsed().mul_f64(SMOOTHING);
    }
}

impl Share {
    fn new(quota: Quota) -> Arc<Share> {
        let sessions = Arc::new(Semaphore::new(quota.sessions));
        Arc::new(Share { quota, sessions, waiting: AtomicUsize::default() })
    }

    fn has_room(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) < self.places()
    }

    /// How many requests may wait now. A request that is admitted at once also waits for a moment.
    fn places(&self) -> usize {
        self.quota.waiting + self.sessions.available_permits()
    }

    /// A place in the waiting queue, if one is free. A request that is admitted at once does not
    /// count as waiting.
    fn wait(&self) -> Option<Waiting<'_>> {
        let place = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        let waiting = Waiting(&self.waiting);
        (place <= self.places()).then_some(waiting)
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        self.sessions.clone().acquire_owned().await.map_err(Problem::internal)
    }
}

impl Admission {
    pub(crate) fn new(limits: &LimitSettings, shutdown: CancellationToken) -> Admission {
        let all = Quota { sessions: limits.max_sessions(), waiting: limits.max_waiting };
        let waiting = (limits.max_waiting * 3).div_ceil(4);
        Admission {
            all: Share::new(all),
            clients: Mutex::default(),
            each: Quota { sessions: limits.max_client_sessions(), waiting },
            max_wait: Duration::from_secs(limits.max_wait),
            shutdown,
            usual: Arc::new(Mutex::new(Duration::from_secs(1))),
        }
    }

    /// Checks that a client could wait for its turn at this moment, before it sends its recording.
    /// This takes no place: otherwise clients that send slowly would keep out others.
    ///
    /// # Errors
    /// 503 `busy` if too many wait already, 503 `shutting_down`.
    pub(crate) fn check_room(&self, client: &Client) -> Result<()> {
        if self.shutdown.is_cancelled() {
            return Err(shutting_down());
        }
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        // A client without a share has no enhancements.
        let has_room = clients.get(client).is_none_or(|own| own.has_room()) && self.all.has_room();
        if has_room { Ok(()) } else { Err(self.busy()) }
    }

    /// Waits for a client's turn.
    ///
    /// # Errors
    /// 503 `busy` if too many wait already or it takes too long, 503 `shutting_down`.
    pub(crate) async fn enter(&self, client: &Client) -> Result<Permit> {
        if self.shutdown.is_cancelled() {
            return Err(shutting_down());
        }
        let own = self.share(client);
        let (Some(_among_own), Some(_among_all)) = (own.wait(), self.all.wait()) else {
            return Err(self.busy());
        };
        // The client's own turn comes first: a request that waits for it must not hold a turn of
        // all.
        let turns = async { Ok::<_, Problem>([own.turn().await?, self.all.turn().await?]) };
        let turns = tokio::select! {
            turns = timeout(self.max_wait, turns) => turns.map_err(|_| self.busy())??,
            () = self.shutdown.cancelled() => return Err(shutting_down()),
        };
        let (since, usual) = (Instant::now(), self.usual.clone());
        Ok(Permit { _turns: turns, _share: own.clone(), since, usual })
    }

    fn share(&self, client: &Client) -> Arc<Share> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.entry(client.clone()).or_insert_with(|| Share::new(self.each)).clone()
    }

    /// Forgets clients without running or waiting enhancements.
    pub(crate) fn forget(&self) {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|_, share| Arc::strong_count(share) > 1);
    }

    /// Updates the metrics of running and waiting enhancements.
    pub(crate) fn observe(&self) {
        let active = self.all.quota.sessions - self.all.sessions.available_permits();
        gauge!("enhancer_active_sessions").set(active as f64);
        gauge!("enhancer_waiting_sessions").set(self.all.waiting.load(Ordering::Relaxed) as f64);
    }

    fn busy(&self) -> Problem {
        let sessions = self.all.quota.sessions;
        let detail = format!(
            "all {sessions} slots are busy, or all {} of one client; try again later, or submit a \
             job",
            self.each.sessions
        );
        // By then, all requests that wait now should have been admitted.
        let ahead = self.all.waiting.load(Ordering::Relaxed) as f64 / sessions as f64;
        let usual = self.usual.lock().unwrap_or_else(PoisonError::into_inner).as_secs_f64();
        let seconds = (usual * (1.0 + ahead)).ceil().clamp(1.0, LONGEST_RETRY) as u64;
        Problem::new(ProblemCode::Busy, detail).retry_after(seconds)
    }
}

/// 503 during shutdown.
pub(crate) fn shutting_down() -> Problem {
    let detail = "the server is shutting down; try again in a moment";
    Problem::new(ProblemCode::ShuttingDown, detail).retry_after(5)
}

/// A waiting request.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limits: LimitSettings,
    }

    const ONE: Client = Client::Address(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const OTHER: Client = Client::Address(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));

    fn admission(waiting: &str, wait: &str) -> Admission {
        let one = ["", "--max-sessions", "1", "--max-waiting", waiting, "--max-wait", wait];
        Admission::new(&Command::parse_from(one).limits, CancellationToken::new())
    }

    #[tokio::test]
    async fn a_waiting_request_enters_when_another_ends_and_further_ones_are_refused() {
        let admission = admission("1", "60");
        let first = admission.enter(&ONE).await.unwrap();
        let (second, ()) = tokio::join!(admission.enter(&ONE), async {
            tokio::task::yield_now().await;
            assert_eq!(admission.check_room(&OTHER).unwrap_err().code(), ProblemCode::Busy);
            assert_eq!(admission.enter(&ONE).await.unwrap_err().code(), ProblemCode::Busy);
            drop(first);
        });
        second.unwrap();
        admission.enter(&ONE).await.unwrap();
    }

    #[tokio::test]
    async fn requests_wait_at_most_the_allowed_time_and_not_after_shutdown() {
        let admission = admission("9", "0");
        let _first = admission.enter(&ONE).await.unwrap();
        assert_eq!(admission.enter(&ONE).await.unwrap_err().code(), ProblemCode::Busy);
        assert_eq!(admission.all.waiting.load(Ordering::Relaxed), 0);
        admission.check_room(&ONE).unwrap();
        admission.shutdown.cancel();
        assert_eq!(admission.check_room(&ONE).unwrap_err().code(), ProblemCode::ShuttingDown);
        assert_eq!(admission.enter(&ONE).await.unwrap_err().code(), ProblemCode::ShuttingDown);
    }

    #[tokio::test]
    async fn retry_after_is_the_expected_waiting_time() {
        let admission = admission("9", "60");
        let retry = || serde_json::to_value(admission.busy()).unwrap()["retry_after"].as_u64();
        assert_eq!(retry(), Some(1));
        for _ in 0..50 {
            let mut permit = admission.enter(&ONE).await.unwrap();
            permit.since = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
        }
        assert_eq!(retry(), Some(20));
        admission.all.waiting.store(2, Ordering::Relaxed);
        assert!(retry() > Some(57));
    }

    #[tokio::test]
    async fn one_client_cannot_take_all_places() {
        let limits = ["", "--max-sessions", "3", "--max-waiting", "4", "--max-wait", "60"];
        let limits = Command::parse_from(limits).limits;
        let admission = Admission::new(&limits, CancellationToken::new());
        let first = [admission.enter(&ONE).await.unwrap(), admission.enter(&ONE).await.unwrap()];
        // A client can have at most three of the four places in the waiting queue.
        let waits = || admission.enter(&ONE);
        let mut waiting = [Box::pin(waits()), Box::pin(waits()), Box::pin(waits())];
        for one in &mut waiting {
            admission.check_room(&ONE).unwrap();
            assert!(futures::poll!(one).is_pending());
        }
        assert_eq!(admission.check_room(&ONE).unwrap_err().code(), ProblemCode::Busy);
        assert_eq!(waits().await.unwrap_err().code(), ProblemCode::Busy);
        admission.check_room(&OTHER).unwrap();
        drop(admission.enter(&OTHER).await.unwrap());
        drop(first);
        for one in waiting {
            drop(one.await.unwrap());
        }
        admission.forget();
        assert!(admission.clients.lock().unwrap().is_empty());
    }
}
