//! Which processes live.
//!
//! A process that shares its database renews a lease there, by the database's clock. One that
//! has a file for itself needs no lease: what it finds running when it starts is orphaned.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::Jobs;
use super::store::{Result, Store};

/// How often a lease is renewed, and how long that may take.
const RENEW: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a process must be seen to be late before it counts as dead. All seem late just
/// after the database was away or its clock was set forward; those that live renew their
/// leases meanwhile.
const CONFIRM: Duration = Duration::from_secs(5);

/// Renews this process' lease, for ever.
pub(super) async fn run(jobs: &Jobs) -> Infallible {
    if !jobs.store.is_shared() {
        return std::future::pending().await;
    }
    let mut beats = interval(RENEW);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        match timeout(PATIENCE, jobs.store.renew_lease(&jobs.owner)).await {
            Ok(Ok(())) => {}
            failed => tracing::warn!(?failed, "a lease was not renewed"),
        }
    }
}

/// Says that this process runs no jobs any more.
pub(super) async fn leave(jobs: &Jobs) {
    if let Ok(Err(error)) = timeout(PATIENCE, jobs.store.leave(&jobs.owner)).await {
        tracing::debug!(%error, "the lease is left to run out");
    }
}

/// Processes that are late, with their leases, and since when this one knows.
#[derive(Debug, Default)]
pub(super) struct Late(HashMap<String, (i64, Instant)>);

impl Late {
    /// Counts processes as dead that have been late for long enough.
    pub(super) async fn strike(&mut self, store: &Store) -> Result<()> {
        let late = store.late_workers().await?;
        for (owner, lease) in self.see(late, Instant::now()) {
            tracing::warn!(owner, "a process counts as dead: it has not renewed its lease");
            store.strike_worker(&owner, lease).await?;
        }
        Ok(())
    }

    /// Notes who is late now; gives those that were with the same lease for long enough.
    fn see(&mut self, late: HashMap<String, i64>, now: Instant) -> Vec<(String, i64)> {
        let seen = |(owner, lease): (String, i64)| {
            let known = self.0.get(&owner).filter(|(known, _)| *known == lease);
            let since = known.map_or(now, |(_, since)| *since);
            (owner, (lease, since))
        };
        self.0 = late.into_iter().map(seen).collect();
        let dead = self.0.iter().filter(|(_, (_, since))| now.duration_since(*since) >= CONFIRM);
        dead.map(|(owner, (lease, _))| (owner.clone(), *lease)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(owners: &[(&str, i64)]) -> HashMap<String, i64> {
        owners.iter().map(|(owner, lease)| ((*owner).to_owned(), *lease)).collect()
    }

    #[test]
    fn who_renews_after_a_jump_of_the_clock_lives() {
        let (mut seen, start) = (Late::default(), Instant::now());
        let at = |halves| start + CONFIRM / 2 * halves;
        assert_eq!(seen.see(late(&[("alive", 1), ("dead", 1)]), at(0)), []);
        assert_eq!(seen.see(late(&[("dead", 1)]), at(1)), []);
        let again = late(&[("alive", 2), ("dead", 1)]);
        assert_eq!(seen.see(again, at(2)), [("dead".to_owned(), 1)]);
        assert_eq!(seen.see(late(&[("alive", 3)]), at(4)), []);
    }
}
