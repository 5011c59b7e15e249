//! Maintenance that every process does for all: the jobs of processes that died, jobs that failed
//! too often, and expired jobs and artefacts.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures::TryStreamExt;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::store::{self, State};
use super::{Artefact, Job, Jobs};
use crate::problem::{Problem, ProblemCode};

/// The intervals of the maintenance of jobs and of artefacts.
const TICK: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(3600);
/// The time between two checks of leases. A worker renews its lease several times in between.
const LOOK: Duration = Duration::from_secs(5);
/// The age in seconds at which an artefact without a job counts as an orphan.
const ORPHAN_AGE: i64 = 24 * 3600;
/// How many jobs one query looks up.
const BATCH: usize = 100;
/// How many batches of expired jobs are deleted in one tick. As many jobs may expire in a tick as
/// clients have submitted.
const MOST_BATCHES: usize = 20;

/// Maintains the jobs, for ever.
pub(super) async fn run(jobs: &Jobs) {
    let mut swept: Option<Instant> = None;
    loop {
        if let Err(error) = jobs.tick().await {
            tracing::error!(error = %format!("{error:#}"), "cannot maintain the jobs");
        }
        if swept.is_none_or(|swept| swept.elapsed() > SWEEP) {
            swept = Some(Instant::now());
            sweep(jobs).await;
        }
        sleep(TICK).await;
    }
}

/// Puts back the jobs of processes that died, for ever.
///
/// The same lease of such a job has run out at two checks in a row. One check is not enough: after
/// an outage of the database, or if its clock was set forward, all leases have run out, and living
/// processes need a moment to renew theirs.
pub(super) async fn recover(jobs: &Jobs) {
    let mut late = HashMap::new();
    loop {
        sleep(LOOK).await;
        late = jobs.look(&late).await.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look for the jobs of processes that died");
            HashMap::new()
        });
    }
}

impl Jobs {
    /// Puts back the jobs that are still late. Returns those that are late now.
    async fn look(&self, late: &HashMap<Uuid, i64>) -> store::Result<HashMap<Uuid, i64>> {
        let now_late = self.store.late().await?;
        for (id, lease) in &now_late {
            if late.get(id) == Some(lease) && self.store.put_back(*id, *lease).await? {
                tracing::warn!(job = %id, "requeued the job of a worker that died");
                self.queued.notify_one();
            }
        }
        Ok(now_late)
    }

    async fn tick(&self) -> anyhow::Result<()> {
        for id in self.store.give_up(&gave_up(), self.retention()).await? {
            tracing::error!(job = %id, "job failed repeatedly; giving up");
            metrics::counter!("enhancer_jobs_finished_total", "outcome" => "failed").increment(1);
            self.ended.notify_one();
        }
        for _ in 0..MOST_BATCHES {
            if self.forget_expired().await? == 0 {
                break;
            }
        }
        self.measure().await
    }

    /// Deletes a batch of expired jobs. Returns the size of the batch.
    async fn forget_expired(&self) -> anyhow::Result<usize> {
        let mut forgotten = 0;
        for id in self.store.expired().await? {
            match self.forget(id).await {
                Ok(_) => forgotten += 1,
                // A job that cannot be deleted must not block the others.
                Err(error) => {
                    tracing::error!(job = %id, error = format!("{error:#}"), "cannot delete a job");
                }
            }
        }
        Ok(forgotten)
    }

    /// Cancels a job that has not ended. Returns whether there was such a job.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub(crate) async fn cancel(&self, id: Uuid) -> store::Result<bool> {
        let cancelled = self.store.cancel(id, self.retention()).await?;
        if cancelled {
            self.stopped(id).await;
            self.ended.notify_one();
        }
        Ok(cancelled)
    }

    /// Deletes a job with its source and its result. Returns whether there was such a job.
    ///
    /// # Errors
    /// If the database or the artefacts cannot be written.
    pub(crate) async fn remove(&self, id: Uuid) -> anyhow::Result<bool> {
        if self.store.abandon(id).await? {
            self.stopped(id).await;
            return Ok(true);
        }
        self.forget(id).await
    }

    /// Cleans up after a job that a client has stopped.
    async fn stopped(&self, id: Uuid) {
        metrics::counter!("enhancer_jobs_finished_total", "outcome" => "cancelled").increment(1);
        self.discard(Artefact::Source(id)).await;
    }

    /// Deletes a job that has ended, with its result. Returns whether there was such a job.
    ///
    /// # Errors
    /// If the database or the artefacts cannot be written.
    async fn forget(&self, id: Uuid) -> anyhow::Result<bool> {
        // The result goes first. A job without its result does no harm, but a result without its
        // job would stay.
        if let Some(job) = self.store.job(id).await?.filter(|job| job.state.has_ended()) {
            self.artefacts.delete(Artefact::Result(id, job.attempt)).await?;
            if job.needs_source() {
                self.artefacts.delete(Artefact::Source(id)).await?;
            }
        }
        Ok(self.store.delete(id).await?)
    }

    /// Lets a job that was given up run again. Returns whether it was still given up.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub(crate) async fn retry(&self, job: &Job) -> store::Result<bool> {
        let retried = self.store.retry_given_up(job).await?;
        if retried {
            tracing::info!(job = %job.id, "job requeued by a client");
            self.queued.notify_one();
        }
        Ok(retried)
    }

    /// Deletes an artefact that is no longer needed. If this fails, the sweep deletes it later.
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
    let detail = "the job failed repeatedly; see the server log. POST /jobs/{id}/retry runs it \
                  again, until it expires";
    Problem::new(ProblemCode::GaveUp, detail)
}

/// Deletes artefacts that no job needs, for example those of a process that died before it could
/// delete them.
async fn sweep(jobs: &Jobs) {
    if let Err(error) = jobs.artefacts.tidy().await {
        tracing::error!(%error, "cannot look for unfinished artefacts");
    }
    let now = match jobs.store.now().await {
        Ok(now) => now / 1000,
        Err(error) => return tracing::error!(%error, "cannot look for old artefacts"),
    };
    let is_old = move |kept: &(_, i64)| std::future::ready(now - kept.1 > ORPHAN_AGE);
    let old = jobs.artefacts.all().try_filter(is_old);
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
            Artefact::Source(_) => job.needs_source(),
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
    use clap::Parser;

    use super::*;
    use crate::enhancement::Options;
    use crate::jobs::store::NewJob;
    use crate::settings::{JobSettings, StorageSettings};
    use crate::spool::Spool;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        jobs: JobSettings,
    }

    fn job() -> NewJob {
        NewJob {
            id: Uuid::now_v7(),
            client: None,
            fields: serde_json::json!({}),
            options: Options::default(),
            file_name: None,
            source_len: 1,
            idempotency_key: None,
            fingerprint: String::new(),
            webhook_url: None,
        }
    }

    #[tokio::test]
    async fn all_expired_jobs_are_deleted_together() {
        let folder = tempfile::tempdir().unwrap();
        let data_root = folder.path().join("data");
        let storage =
            StorageSettings { data_root: data_root.clone(), max_storage: None, min_free: 0 };
        let spool = Spool::open(&storage).unwrap();
        let settings = Command::parse_from(["server"]).jobs;
        let jobs = Jobs::open(&settings, &data_root, &spool).await.unwrap();
        // More than one query looks up.
        for _ in 0..=BATCH {
            let new = job();
            jobs.store.submit(&new).await.unwrap();
            assert!(jobs.store.cancel(new.id, Duration::ZERO).await.unwrap());
        }
        jobs.tick().await.unwrap();
        assert!(jobs.store.counts().await.unwrap().is_empty());
    }
}
