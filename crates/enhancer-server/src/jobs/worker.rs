//! Running jobs.

use std::collections::HashSet;
use std::io::Seek;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::store::{self, Claim, Job, Outcome, Output};
use super::{Artefact, Jobs, Workshop};
use crate::enhancement::{Options, Task, enhance};
use crate::problem::Problem;
use crate::upload::enhanced_name;

/// How often a worker notes how far it is, and looks whether its job is still wanted.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause before a step is tried again that the database did not take, and how often it
/// is tried if the process has to stop.
const AGAIN: Duration = Duration::from_secs(1);
const LAST_TRIES: u32 = 3;

/// Why a job was not done.
enum Failure {
    /// It never will be.
    Job(Problem),
    /// That was not its fault, and may go better the next time.
    Server(anyhow::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        match problem.status() {
            500.. => Failure::Server(anyhow::anyhow!("{}", problem.detail())),
            _ => Failure::Job(problem),
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Server(error.into())
    }
}

/// Runs jobs until `shutdown`, then what is under way; at `deadline` that is put back.
pub(super) async fn run(
    shop: &Workshop,
    shutdown: &CancellationToken,
    deadline: &CancellationToken,
) {
    let jobs = &shop.jobs;
    let count = jobs.settings.job_workers;
    if count == 0 {
        return;
    }
    let bench = Bench::new(count.into());
    while let Some(Some(slot)) = shutdown.run_until_cancelled(bench.slot()).await {
        match bench.claim(jobs).await {
            Ok(Some((claim, job))) => {
                let slot = bench.widen(slot, &job).await;
                tokio::spawn(hold(shop.clone(), bench.clone(), slot, claim, job, deadline.clone()));
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "no job could be claimed"),
        }
        drop(slot);
        let idle = jobs.idle(&jobs.queued, jobs.store.next_job());
        if shutdown.run_until_cancelled(idle).await.is_none() {
            break;
        }
    }
    let _all = bench.slots.acquire_many(bench.count).await;
}

/// The jobs that this process runs. Clones share them.
#[derive(Clone, Debug)]
struct Bench {
    /// One for each job that may run at once.
    slots: Arc<Semaphore>,
    count: u32,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    jobs: HashSet<Uuid>,
    /// Whether a claim failed which the database may have granted all the same.
    in_doubt: bool,
}

impl Bench {
    fn new(count: u32) -> Bench {
        Bench { slots: Arc::new(Semaphore::new(count as usize)), count, held: Arc::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        self.slots.clone().acquire_owned().await.ok()
    }

    /// All slots, if the job must run alone: it is claimed only while no other runs.
    async fn widen(&self, mut slot: OwnedSemaphorePermit, job: &Job) -> OwnedSemaphorePermit {
        if job.suspect
            && let Ok(others) = self.slots.clone().acquire_many_owned(self.count - 1).await
        {
            slot.merge(others);
        }
        slot
    }

    /// Claims the next job for the slot that was taken.
    async fn claim(&self, jobs: &Jobs) -> store::Result<Option<(Claim, Job)>> {
        let (in_doubt, held) = {
            let held = self.held();
            (held.in_doubt, held.jobs.iter().copied().collect::<Vec<_>>())
        };
        if in_doubt {
            jobs.store.put_back_unknown(&jobs.owner, &held).await?;
        }
        // A job leaves `held` before it frees its slot.
        let claimed = jobs.store.claim(&jobs.owner, held.is_empty()).await;
        let mut held = self.held();
        held.in_doubt = claimed.is_err();
        held.jobs.extend(claimed.iter().flatten().map(|(claim, _)| claim.id));
        claimed
    }
}

/// Runs a job in a slot, which is free again afterwards.
async fn hold(
    shop: Workshop,
    bench: Bench,
    slot: OwnedSemaphorePermit,
    claim: Claim,
    job: Job,
    deadline: CancellationToken,
) {
    let failures = job.failures;
    let running = tokio::spawn(run_job(shop.clone(), claim, job, deadline.clone()));
    if let Err(panic) = running.await {
        retry(&shop.jobs, claim, failures, &panic.into(), &deadline).await;
    }
    bench.held().jobs.remove(&claim.id);
    drop(slot);
    // A job that must run alone may have waited for this one.
    shop.jobs.queued.notify_one();
}

async fn run_job(shop: Workshop, claim: Claim, job: Job, deadline: CancellationToken) {
    let (jobs, id) = (&shop.jobs, claim.id);
    let (attempt, crashes, alone) = (claim.attempt, job.crashes, job.suspect);
    tracing::info!(job = %id, attempt, crashes, alone, "job begun");
    let progress = Progress::default();
    tokio::select! {
        done = enhance_job(&shop, claim, &job, progress.clone()) => match done {
            Ok(output) => finish(jobs, claim, &Outcome::Succeeded(output), &deadline).await,
            Err(Failure::Job(problem)) => {
                tracing::info!(job = %id, code = problem.code(), "job failed");
                finish(jobs, claim, &Outcome::failed(&problem), &deadline).await;
            }
            Err(Failure::Server(error)) => {
                retry(jobs, claim, job.failures, &error, &deadline).await;
            }
        },
        () = until_lost(jobs, claim, &progress) => {
            tracing::info!(job = %id, attempt, "job not this worker's any more");
        }
        () = deadline.cancelled() => {
            tracing::info!(job = %id, "job put back: the server stops");
            settle(claim, &deadline, || jobs.store.give_back(claim)).await;
        }
    }
}

/// How much is done, from 0 to 1. Clones are one and the same.
#[derive(Clone, Default)]
struct Progress(Arc<AtomicU64>);

impl Progress {
    fn set(&self, progress: enhancer_core::Progress) {
        let Some(expected) = progress.expected.filter(|expected| *expected > 0) else { return };
        // Whole only when the result is kept; and nobody needs more digits.
        let done = (progress.enhanced as f64 / expected as f64 * 1e3).floor().min(999.0) / 1e3;
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
) -> Result<Output, Failure> {
    let jobs = &shop.jobs;
    let options: Options = serde_json::from_str(&job.options)?;
    let source = jobs.artefacts.file(Artefact::Source(claim.id), &jobs.spool).await?;
    let mut sink = jobs.spool.file()?;
    let task = Task {
        source,
        sink: sink.try_clone()?,
        spool: jobs.spool.clone(),
        options,
        session_id: format!("{}-{}", claim.id, claim.attempt),
        on_progress: Some(Box::new(move |now| progress.set(now))),
    };
    let done = enhance(&shop.engine, task).await?;
    let bytes = sink.metadata()?.len();
    sink.rewind()?;
    jobs.artefacts.put(Artefact::Result(claim.id, claim.attempt), sink).await?;
    Ok(Output {
        media_type: done.format.container.media_type().to_owned(),
        file_name: enhanced_name(job.file_name.as_deref(), done.format.container),
        bytes,
        duration_seconds: done.summary.duration_seconds,
        elapsed_seconds: done.elapsed.as_secs_f64(),
        warnings: done.warnings(),
        model: done.model,
    })
}

/// Notes how far the job is until it is another's, or nobody's. While the database does not
/// answer, the work goes on: what it made of a job that was lost is dropped at its end.
async fn until_lost(jobs: &Jobs, claim: Claim, progress: &Progress) {
    let mut beats = interval(HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        match timeout(PATIENCE, jobs.store.progress(claim, progress.get())).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return,
            failed => tracing::warn!(job = %claim.id, ?failed, "no progress could be noted"),
        }
    }
}

/// Ends a job, unless it is not the worker's any more.
async fn finish(jobs: &Jobs, claim: Claim, outcome: &Outcome, deadline: &CancellationToken) {
    let state = outcome.state().name();
    let end = || jobs.store.finish(claim, outcome, jobs.retention());
    match settle(claim, deadline, end).await {
        Some(true) => {
            tracing::info!(job = %claim.id, state, "job ended");
            metrics::counter!("enhancer_jobs_finished_total", "outcome" => state).increment(1);
            jobs.discard(Artefact::Source(claim.id)).await;
            jobs.ended.notify_one();
        }
        Some(false) => jobs.discard(Artefact::Result(claim.id, claim.attempt)).await,
        None => {}
    }
}

async fn retry(
    jobs: &Jobs,
    claim: Claim,
    failures: i64,
    error: &anyhow::Error,
    deadline: &CancellationToken,
) {
    tracing::error!(job = %claim.id, attempt = claim.attempt, error = %format!("{error:#}"),
        "a job was not done, and will be tried again");
    settle(claim, deadline, || jobs.store.retry(claim, failures)).await;
}

/// Has the database take a step, however long it is away; but a process that has to stop
/// leaves the job to who finds it.
async fn settle<T, F>(claim: Claim, deadline: &CancellationToken, step: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = store::Result<T>>,
{
    for attempt in 1_u32.. {
        match step().await {
            Ok(taken) => return Some(taken),
            Err(error) => {
                tracing::error!(job = %claim.id, attempt, %error, "a job was not settled")
            }
        }
        if deadline.is_cancelled() && attempt >= LAST_TRIES {
            break;
        }
        sleep(AGAIN).await;
    }
    None
}
