//! What every process looks after, for all: hints, leases that ran out, notices that are
//! due, what has expired.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use futures::TryStreamExt;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::queue::Kind;
use super::store::State;
use super::{Artefact, Jobs, Workshop, deliveries};
use crate::problem::Problem;

/// How often it is looked after what is due.
const TICK: Duration = Duration::from_secs(1);
/// How often the queue is tidied, and how often artefacts are.
const TIDY: Duration = Duration::from_secs(60);
const SWEEP: Duration = Duration::from_secs(3600);
/// How old an artefact is, in seconds, before it counts as nobody's.
const ORPHAN_AGE: i64 = 24 * 3600;
/// How many jobs are looked up at once.
const BATCH: usize = 100;

/// Looks after the jobs, for ever.
pub(super) async fn run(shop: &Workshop) {
    let jobs = &shop.jobs;
    let (mut tidied, mut swept) = (Instant::now(), Instant::now());
    sweep(jobs).await;
    loop {
        if let Err(error) = jobs.tick().await {
            tracing::error!(error = %format!("{error:#}"), "cannot maintain the jobs");
        }
        if tidied.elapsed() > TIDY {
            tidied = Instant::now();
            if let Err(error) = jobs.queue.tidy().await {
                tracing::error!(%error, "tidying the queue failed");
            }
        }
        if swept.elapsed() > SWEEP {
            swept = Instant::now();
            sweep(jobs).await;
        }
        tokio::select! {
            () = sleep(TICK) => {}
            () = jobs.due.notified() => {}
        }
    }
}

impl Jobs {
    async fn tick(&self) -> anyhow::Result<()> {
        let reaped = self.store.reap().await?;
        if reaped > 0 {
            tracing::warn!(jobs = reaped, "requeued the jobs of workers that died");
        }
        for id in self.store.give_up(&gave_up(), self.expiry()).await? {
            tracing::error!(job = %id, "job failed repeatedly; giving up");
            metrics::counter!("enhancer_jobs_finished_total", "outcome" => "failed").increment(1);
            self.discard(Artefact::Source(id)).await;
        }
        let hints = self.store.take_hints().await?;
        if !hints.is_empty() {
            self.queue.push(Kind::Enhance, hints).await?;
        }
        let due = self.store.take_deliveries(deliveries::LEASE).await?;
        if !due.is_empty() {
            self.queue.push(Kind::Deliver, due).await?;
        }
        for id in self.store.expired().await? {
            self.forget(id).await?;
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
            tracing::warn!(%artefact, %error, "cannot delete an artefact; will try again");
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
    let detail = "the job failed repeatedly; see the server log";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "gave_up", detail)
}

/// Deletes artefacts that nobody needs, such as those of a process that died before it
/// could.
async fn sweep(jobs: &Jobs) {
    let old = jobs.artefacts.all().try_filter(|(_, age)| std::future::ready(*age > ORPHAN_AGE));
    let mut batches = old.map_ok(|(artefact, _)| artefact).try_chunks(BATCH);
    loop {
        match batches.try_next().await {
            Ok(Some(batch)) => {
                if let Err(error) = sweep_batch(jobs, batch).await {
                    tracing::error!(%error, "cannot delete old artefacts");
                }
            }
            Ok(None) => return,
            Err(error) => return tracing::error!(error = %error.1, "cannot list artefacts"),
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
