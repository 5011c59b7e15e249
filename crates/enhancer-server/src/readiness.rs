//! Whether the server can store what it is sent.

use std::fmt::Display;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::jobs::Jobs;
use crate::spool::Spool;

/// For how long an answer holds. Anybody may ask, without a token and as often as they like, and
/// must not keep the disk and the database busy.
const HOLDS: Duration = Duration::from_secs(1);

/// How long the database may take to respond.
const PATIENCE: Duration = Duration::from_secs(5);

/// The last answer, for those who ask soon after.
#[derive(Debug)]
pub(crate) struct Readiness {
    /// When it was found, and what it is. Locked while a new one is looked for.
    last: Mutex<Option<(Instant, bool)>>,
    holds: Duration,
}

impl Readiness {
    pub(crate) fn new() -> Readiness {
        Readiness { last: Mutex::default(), holds: HOLDS }
    }

    /// Whether there is space on the disk, and the database takes changes.
    pub(crate) async fn can_store(&self, spool: &Spool, jobs: &Jobs) -> bool {
        self.answer(|| check(spool, jobs)).await
    }

    async fn answer<F: Future<Output = bool>>(&self, check: impl FnOnce() -> F) -> bool {
        let mut last = self.last.lock().await;
        if let Some((since, answer)) = *last
            && since.elapsed() < self.holds
        {
            return answer;
        }
        let answer = check().await;
        *last = Some((Instant::now(), answer));
        answer
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
    async fn many_who_ask_together_cause_one_check() {
        let checks = AtomicUsize::new(0);
        let ask = async |readiness: &Readiness| {
            let check = || async {
                yield_now().await;
                checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(2)
            };
            readiness.answer(check).await
        };
        let readiness = Readiness { holds: Duration::MAX, ..Readiness::new() };
        assert_eq!(join_all((0..100).map(|_| ask(&readiness))).await, [true; 100]);
        assert_eq!(checks.load(Ordering::Relaxed), 1);
        // An answer that is too old is looked for again.
        let readiness = Readiness { holds: Duration::ZERO, ..readiness };
        assert!(!ask(&readiness).await);
        assert!(ask(&readiness).await);
    }
}
