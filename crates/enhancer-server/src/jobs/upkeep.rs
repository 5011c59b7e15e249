//! What every process looks after, for all: the jobs of processes that died, what has
//! expired.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use futures::TryStreamExt;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::presence::Late;
use super::store::State;
use super::{Artefact, Jobs, Workshop};
use crate::problem::Problem;

/// How often jobs are looked after, and how often artefacts are.
const TICK: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(3600);
/// How old an artefact is, in seconds, before it counts as nobody's.
const ORPHAN_AGE: i64 = 24 * 3600;
/// How many jobs are looked up at once.
const BATCH: usize = 100;

/// A clock that runs ahead by more than this was set, or the machine slept.
const JUMP: Duration = Duration::from_secs(300);
/// How long nothing is deleted after that, so that a wrong clock can be put right.
const REST: Duration = Duration::from_secs(3600);

/// Looks after the jobs, for ever.
pub(super) async fn run(shop: &Workshop) {
    let jobs = &shop.jobs;
    let (mut late, mut clock) = (Late::default(), ClockWatch::default());
    let mut swept = None;
    loop {
        if let Err(error) = jobs.tick(&mut late, &mut clock).await {
            // Whoever could not renew a lease meanwhile gets the time to do so.
            late = Late::default();
            tracing::error!(error = %format!("{error:#}"), "looking after the jobs failed");
        }
        if swept.is_none_or(|swept: Instant| swept.elapsed() > SWEEP)
            && clock.is_trusted(Instant::now())
        {
            swept = Some(Instant::now());
            sweep(jobs).await;
        }
        sleep(TICK).await;
    }
}

/// Compares the database's clock with the time that passes here, and distrusts it for a
/// while after it was set forward: all results would seem to have expired.
#[derive(Debug, Default)]
struct ClockWatch {
    /// The database's time in ms, and when it was read.
    last: Option<(i64, Instant)>,
    rests_until: Option<Instant>,
}

impl ClockWatch {
    /// `here` is this process' own time, which nobody sets.
    fn see(&mut self, now: i64, here: Instant) {
        if let Some((then, since)) = self.last {
            let ahead = (now - then)
                - i64::try_from(here.duration_since(since).as_millis()).unwrap_or(i64::MAX);
            if ahead > JUMP.as_millis() as i64 {
                tracing::warn!(
                    seconds = ahead / 1000,
                    "the clock of the jobs' database jumped \
                    forward: no job expires for an hour"
                );
                self.rests_until = Some(here + REST);
            }
        }
        self.last = Some((now, here));
    }

    fn is_trusted(&self, here: Instant) -> bool {
        self.rests_until.is_none_or(|until| here >= until)
    }
}

impl Jobs {
    async fn tick(&self, late: &mut Late, clock: &mut ClockWatch) -> anyhow::Result<()> {
        if self.store.is_shared() {
            late.strike(&self.store).await?;
        }
        let reaped = self.store.reap().await?;
        if reaped > 0 {
            tracing::warn!(jobs = reaped, "the jobs of a process that died wait again");
            self.queued.notify_one();
        }
        for id in self.store.give_up(&gave_up(), self.settings.retention()).await? {
            tracing::error!(job = %id, "job given up");
            metrics::counter!("enhancer_jobs_finished_total", "outcome" => "failed").increment(1);
            self.discard(Artefact::Source(id)).await;
            self.ended.notify_one();
        }
        let here = Instant::now();
        clock.see(self.store.now().await?, here);
        if clock.is_trusted(here) {
            for id in self.store.expired().await? {
                self.forget(id).await?;
            }
        }
        self.measure().await
    }

    /// Deletes a job that has ended, with its result; whether there was such a one.
    ///
    /// # Errors
    /// If the database or the artefacts cannot be written.
    pub(crate) async fn forget(&self, id: Uuid) -> anyhow::Result<bool> {
        // A job without its result is not served; a result without its job would stay.
        if let Some(job) = self.store.job(id).await?.filter(|job| job.state.has_ended()) {
            self.artefacts.delete(Artefact::Result(id, job.attempt)).await?;
        }
        Ok(self.store.delete(id).await?)
    }

    /// Deletes an artefact that is not needed any more. What fails is left to the sweep.
    pub(crate) async fn discard(&self, artefact: Artefact) {
        if let Err(error) = self.artefacts.delete(artefact).await {
            tracing::warn!(%artefact, %error, "not deleted yet");
        }
    }

    async fn measure(&self) -> anyhow::Result<()> {
        let counts: BTreeMap<_, _> = self.store.counts().await?.into_iter().collect();
        for state in State::ALL {
            let count = counts.get(&state).copied().unwrap_or_default();
            metrics::gauge!("enhancer_jobs", "state" => state.name()).set(count as f64);
        }
        Ok(())
    }
}

fn gave_up() -> Problem {
    let detail = "the server failed too often at it; its log says why";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "gave_up", detail)
}

/// Deletes artefacts that nobody needs, such as those of a process that died before it
/// could.
async fn sweep(jobs: &Jobs) {
    let now = match jobs.store.now().await {
        Ok(now) => now / 1000,
        Err(error) => return tracing::error!(%error, "artefacts could not be swept"),
    };
    let is_old = move |kept: &(_, i64)| std::future::ready(now - kept.1 > ORPHAN_AGE);
    let old = jobs.artefacts.all().try_filter(is_old);
    let mut batches = old.map_ok(|(artefact, _)| artefact).try_chunks(BATCH);
    loop {
        match batches.try_next().await {
            Ok(Some(batch)) => {
                if let Err(error) = sweep_batch(jobs, batch).await {
                    tracing::error!(%error, "sweeping artefacts failed");
                }
            }
            Ok(None) => return,
            Err(error) => return tracing::error!(error = %error.1, "listing artefacts failed"),
        }
    }
}

async fn sweep_batch(jobs: &Jobs, batch: Vec<Artefact>) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = batch.iter().map(|artefact| artefact.job()).collect();
    let found = jobs.store.jobs(&ids).await?;
    let known: BTreeMap<_, _> = found.iter().map(|job| (job.id, job)).collect();
    for artefact in batch {
        let needed = known.get(&artefact.job()).is_some_and(|job| match artefact {
            Artefact::Source(_) => !job.state.has_ended(),
            Artefact::Result(_, attempt) => {
                attempt == job.attempt && matches!(job.state, State::Running | State::Succeeded)
            }
        });
        if !needed {
            jobs.discard(artefact).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_expires_for_an_hour_after_the_clock_was_set_forward() {
        const HOUR: i64 = 3_600_000;
        let (mut clock, start) = (ClockWatch::default(), Instant::now());
        let here = |hours| start + REST * hours;
        for hours in 0..5 {
            clock.see(HOUR * i64::from(hours), here(hours));
            assert!(clock.is_trusted(here(hours)));
        }
        clock.see(29 * HOUR, here(5));
        assert!(!clock.is_trusted(here(5)));
        // It was put right, but may be wrong again.
        clock.see(5 * HOUR, here(5));
        assert!(!clock.is_trusted(here(5)));
        assert!(clock.is_trusted(here(6)));
    }
}
