//! Running jobs.

use std::collections::BTreeMap;
use std::io::Seek;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use enhancer_http::enhanced_name;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::isolated::{self, Ended, Made};
use super::store::{self, Claim, Job, Outcome, Output};
use super::{Artefact, Jobs, Workshop, idle};
use crate::enhancement::{Engine, Options, Task, enhance};
use crate::problem::Problem;

/// How often a worker renews the lease of its job, and how long each renewal may take.
const HEARTBEAT: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause before a failed step of the database is repeated.
const AGAIN: Duration = Duration::from_secs(1);

/// The right to run one job, held until the job and its thread have ended.
type Permit = Arc<OwnedSemaphorePermit>;

/// Runs jobs until `shutdown`, then finishes the running ones. At `deadline` these are put back.
pub(super) async fn run(
    shop: &Workshop,
    shutdown: &CancellationToken,
    deadline: &CancellationToken,
) {
    let count = usize::from(shop.jobs.settings.job_workers);
    if count == 0 {
        return;
    }
    let slots = Arc::new(Semaphore::new(count));
    let running = TaskTracker::new();
    while let Some(Ok(slot)) = shutdown.run_until_cancelled(slots.clone().acquire_owned()).await {
        if let Some((claim, job, permit)) = claim(&shop.jobs, &slots, slot, count).await {
            running.spawn(run_job(shop.clone(), claim, job, permit, deadline.clone()));
        } else if shutdown.run_until_cancelled(idle(&shop.jobs.queued)).await.is_none() {
            break;
        }
    }
    // Waits for the jobs, not for their threads, which end with the process.
    running.close();
    running.wait().await;
}

/// Claims the next job for a slot. A job that runs alone gets all slots.
async fn claim(
    jobs: &Jobs,
    slots: &Arc<Semaphore>,
    mut slot: OwnedSemaphorePermit,
    count: usize,
) -> Option<(Claim, Job, Permit)> {
    // Slots are taken only here, so a free slot stays free.
    let others = slots.available_permits();
    match jobs.store.claim(others + 1 == count).await {
        Ok(claimed) => {
            let (claim, job) = claimed?;
            if job.runs_alone() {
                slot.merge(slots.clone().try_acquire_many_owned(others as u32).ok()?);
            }
            Some((claim, job, Arc::new(slot)))
        }
        Err(error) => {
            tracing::error!(%error, "cannot claim a job");
            None
        }
    }
}

/// Runs a job. If this panics, the job's lease runs out.
async fn run_job(
    shop: Workshop,
    claim: Claim,
    job: Job,
    permit: Permit,
    deadline: CancellationToken,
) {
    let (jobs, id) = (&shop.jobs, claim.id);
    if persist(claim, &deadline, || jobs.store.begin(claim)).await != Some(true) {
        return tracing::info!(job = %id, attempt = claim.attempt, "job not started");
    }
    tracing::info!(job = %id, attempt = claim.attempt, crashes = job.crashes, "job started");
    let progress = Progress::default();
    tokio::select! {
        done = enhance_job(&shop, claim, &job, progress.clone(), permit.clone()) => match done {
            Ok(output) => finish(jobs, claim, &Outcome::Succeeded(output), &deadline).await,
            Err(ended) => end(jobs, claim, &job, ended, &deadline).await,
        },
        () = until_lost(jobs, claim, &progress) => {
            tracing::info!(job = %id, attempt = claim.attempt, "job cancelled, or taken over by another worker");
        }
        () = deadline.cancelled() => {
            tracing::info!(job = %id, "job requeued for shutdown");
            persist(claim, &deadline, || jobs.store.give_back(claim)).await;
        }
    }
}

/// Records why a job has no result.
async fn end(jobs: &Jobs, claim: Claim, job: &Job, ended: Ended, deadline: &CancellationToken) {
    let (id, attempt) = (claim.id, claim.attempt);
    match ended {
        Ended::Refused(problem) => {
            tracing::info!(job = %id, code = %problem["code"], "job failed");
            finish(jobs, claim, &Outcome::Failed(problem), deadline).await;
        }
        Ended::Failed(error) => {
            let error = format!("{error:#}");
            tracing::error!(job = %id, attempt, error, "job attempt failed; will try again");
            persist(claim, deadline, || jobs.store.retry(claim, job.failures)).await;
        }
        Ended::Asked => {
            // Not retried at once: the signal may come from a program that ends the largest process
            // when memory runs short.
            tracing::warn!(job = %id, attempt, "job requeued: its process was asked to end");
            persist(claim, deadline, || jobs.store.retry(claim, job.failures)).await;
        }
        Ended::Crashed(status) => {
            tracing::error!(job = %id, attempt, %status, "the process of a job died");
            persist(claim, deadline, || jobs.store.crash(claim)).await;
        }
    }
}

/// The progress, from 0 to 1, if it is known. It stays below 1 until the result is stored. Three
/// digits are enough.
pub(super) fn fraction(progress: enhancer_core::Progress) -> Option<f64> {
    let expected = progress.expected.filter(|expected| *expected > 0)?;
    Some((progress.enhanced as f64 / expected as f64 * 1e3).floor().min(999.0) / 1e3)
}

/// The progress, from 0 to 1. Clones share it.
#[derive(Clone, Default)]
struct Progress(Arc<AtomicU64>);

impl Progress {
    fn set(&self, done: f64) {
        self.0.store(done.to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

async fn enhance_job(
    shop: &Workshop,
    claim: Claim,
    job: &Job,
    progress: Progress,
    permit: Permit,
) -> Result<Output, Ended> {
    let jobs = &shop.jobs;
    let options = options(&shop.engine, job)?;
    let (source, _room) = jobs.artefacts.file(Artefact::Source(claim.id), &jobs.spool).await?;
    let sink = jobs.spool.file()?;
    let (mut result, room) = (sink.file.try_clone()?, sink.room.clone());
    let session_id = format!("{}-{}", claim.id, claim.attempt);
    let made = if job.runs_alone() {
        let (rooms, on_progress) = (jobs.spool.rooms(), |done| progress.set(done));
        let made = isolated::run(options, session_id, rooms, source, sink.file, &room, on_progress);
        let made = made.await?;
        shop.engine.count_audio(made.duration_seconds);
        made
    } else {
        let on_progress = move |now| {
            if let Some(done) = fraction(now) {
                progress.set(done);
            }
        };
        let task = Task {
            source,
            sink: Box::new(sink),
            spool: jobs.spool.clone(),
            options,
            session_id,
            on_progress: Some(Box::new(on_progress)),
        };
        Made::from(enhance(&shop.engine, task, permit).await.map_err(ended)?)
    };
    let bytes = result.metadata()?.len();
    result.rewind()?;
    let artefact = Artefact::Result(claim.id, claim.attempt);
    let kept = jobs.artefacts.put(artefact, result, room).await?;
    // The end of the job deletes the result or refers to it.
    kept.keep();
    Ok(Output {
        media_type: made.container.media_type().to_owned(),
        file_name: enhanced_name(job.file_name.as_deref(), made.container),
        bytes,
        duration_seconds: made.duration_seconds,
        elapsed_seconds: made.elapsed_seconds,
        warnings: made.warnings,
        score: made.score,
        model: made.model,
    })
}

/// The end of a job with a problem.
fn ended(problem: Problem) -> Ended {
    match problem.status() {
        500.. => Ended::Failed(anyhow::anyhow!("{}", problem.detail())),
        _ => serde_json::to_value(&problem).map_or_else(Ended::from, Ended::Refused),
    }
}

/// The options of a job. If another version stored them in another form, this version reads them
/// again from the client's fields.
fn options(engine: &Engine, job: &Job) -> Result<Options, Ended> {
    if let Ok(options) = serde_json::from_str(&job.options) {
        return Ok(options);
    }
    let asked: BTreeMap<String, String> = serde_json::from_str(&job.fields)?;
    let asked: Vec<_> = asked.into_iter().collect();
    Options::from_fields(engine, &asked).map_err(ended)
}

/// Renews the lease of a job until the claim is lost. While the database does not answer, the work
/// continues. If the job was lost in the meantime, its result is dropped.
async fn until_lost(jobs: &Jobs, claim: Claim, progress: &Progress) {
    let mut beats = interval(HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        match timeout(PATIENCE, jobs.store.heartbeat(claim, progress.get())).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return,
            failed => tracing::warn!(job = %claim.id, ?failed, "a heartbeat failed"),
        }
    }
}

/// Ends a job, unless it no longer belongs to this worker.
async fn finish(jobs: &Jobs, claim: Claim, outcome: &Outcome, deadline: &CancellationToken) {
    let state = outcome.state().name();
    let end = || jobs.store.finish(claim, outcome, jobs.retention());
    match persist(claim, deadline, end).await {
        Some(true) => {
            tracing::info!(job = %claim.id, state, "job ended");
            metrics::counter!("enhancer_jobs_finished_total", "outcome" => state).increment(1);
            jobs.discard(Artefact::Source(claim.id)).await;
            jobs.ended.notify_one();
        }
        Some(false) => jobs.discard(Artefact::Result(claim.id, claim.attempt)).await,
        // Its lease runs out, and the job runs again.
        None => {}
    }
}

/// Repeats a step until the database accepts it, or until the process must stop.
async fn persist<T, F>(
    claim: Claim,
    deadline: &CancellationToken,
    step: impl Fn() -> F,
) -> Option<T>
where
    F: Future<Output = store::Result<T>>,
{
    loop {
        match step().await {
            Ok(taken) => return Some(taken),
            Err(error) => {
                tracing::error!(job = %claim.id, %error, "cannot store the state of a job");
            }
        }
        deadline.run_until_cancelled(sleep(AGAIN)).await?;
    }
}
