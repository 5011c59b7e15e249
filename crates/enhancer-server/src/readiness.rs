//! Whether the server can store uploads and jobs.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::jobs::Jobs;
use crate::spool::Spool;

/// How long an answer stays valid. Anybody may ask, without a token and as often as they like; this
/// must not keep the disk and the database busy.
const HOLDS: Duration = Duration::from_secs(1);

/// How long the database may take to respond.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last answer, for requests that come soon after.
#[derive(Debug)]
pub(crate) struct Readiness {
    /// The time of the last check, and its answer. Locked during a new check.
    last: Arc<Mutex<Option<(Instant, bool)>>>,
    holds: Duration,
}

impl Readiness {
    pub(crate) fn new() -> Readiness {
        Readiness { last: Arc::default(), holds: HOLDS }
    }

    /// Whether the disk has space and the database accepts changes.
    pub(crate) async fn can_store(&self, spool: &Spool, jobs: &Arc<Jobs>) -> bool {
        let (spool, jobs) = (spool.clone(), jobs.clone());
        self.answer(async move { check(&spool, &jobs).await }).await
    }

    /// The check continues if the client leaves. Otherwise every client that asks and leaves would
    /// start another check.
    async fn answer(&self, check: impl Future<Output = bool> + Send + 'static) -> bool {
        let mut last = self.last.clone().lock_owned().await;
        if let Some((since, answer)) = *last
            && since.elapsed() < self.holds
        {
            return answer;
        }
        let checked = tokio::spawn(async move {
            let answer = check.await;
            *last = Some((Instant::now(), answer));
            answer
        });
        checked.await.unwrap_or_else(|panic| failed(&panic))
    }
}

async fn check(spool: &Spool, jobs: &Jobs) -> bool {
    if let Err(error) = spool.rooms().check_disk().and_then(|()| spool.file().map(drop)) {
        return failed(&error);
    }
    match timeout(PATIENCE, jobs.store.check_writable()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn Display) -> bool {
    tracing::error!(%error, "uploads or jobs cannot be stored");
    false
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn requests_at_the_same_time_cause_one_check() {
        let checks = Arc::new(AtomicUsize::new(0));
        let ask = async |readiness: &Readiness| {
            let checks = checks.clone();
            let check = async move {
                yield_now().await;
                checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(2)
            };
            readiness.answer(check).await
        };
        let readiness = Readiness { holds: Duration::MAX, ..Readiness::new() };
        assert_eq!(join_all((0..100).map(|_| ask(&readiness))).await, [true; 100]);
        assert_eq!(checks.load(Ordering::Relaxed), 1);
        // An answer that is too old is replaced by a new check.
        let readiness = Readiness { holds: Duration::ZERO, ..readiness };
        assert!(!ask(&readiness).await);
        assert!(ask(&readiness).await);
    }

    #[tokio::test]
    async fn a_check_continues_without_its_client() {
        let readiness = Readiness { holds: Duration::MAX, ..Readiness::new() };
        let (release, released) = tokio::sync::oneshot::channel();
        let slow = async { released.await.unwrap_or_default() };
        let left = timeout(Duration::ZERO, readiness.answer(slow)).await;
        assert!(left.is_err(), "it waits for the check");
        release.send(true).unwrap();
        assert!(readiness.answer(async { false }).await, "the answer of the first check");
    }
}
