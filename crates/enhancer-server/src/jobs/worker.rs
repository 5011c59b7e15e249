//! Running jobs.

use std::io::Seek;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::queue::Kind;
use super::store::{Claim, Hint, Job, LEASE, Outcome, Output};
use super::{Artefact, Jobs, Workshop};
use crate::enhancement::{Options, Task, enhance};
use crate::problem::Problem;
use crate::upload::enhanced_name;

/// How often a worker tells that it lives, and looks whether its job is still wanted.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How often an end is tried to be kept while the database fails, and the pauses between.
const FINISHING: u32 = 10;
const FINISHING_PAUSE: Duration = Duration::from_secs(1);

/// The right to run one job, for as long as it or the thread that works for it runs.
type Permit = Arc<OwnedSemaphorePermit>;

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
    let at_once = shop.jobs.settings.job_workers;
    if at_once == 0 {
        return;
    }
    let workers = Arc::new(Semaphore::new(at_once.into()));
    let running = TaskTracker::new();
    let follow = {
        let (shop, running) = (shop.clone(), running.clone());
        let (shutdown, deadline) = (shutdown.clone(), deadline.clone());
        move |hint: Hint| {
            let (shop, workers, running) = (shop.clone(), workers.clone(), running.clone());
            let (shutdown, deadline) = (shutdown.clone(), deadline.clone());
            async move {
                // From here on `run` waits for it.
                let _counted = running.token();
                // The thread of an earlier job may hold its permit longer than that runs.
                let permit = shutdown.run_until_cancelled(workers.acquire_owned()).await;
                let Some(Ok(permit)) = permit else { return };
                if shutdown.is_cancelled() {
                    return;
                }
                // On its own, since the queue drops what it waits for if its database fails.
                let job = running.spawn(async move {
                    run_job(&shop, hint.job, Arc::new(permit), &deadline).await;
                });
                if let Err(panic) = job.await {
                    tracing::error!(job = %hint.job, %panic, "a job was not run to its end");
                }
            }
        }
    };
    shop.jobs.queue.follow(Kind::Enhance, at_once.into(), follow, shutdown).await;
    // Not for the threads that work for them: those end with the process.
    running.close();
    running.wait().await;
}

/// Runs a job, if it waits.
async fn run_job(shop: &Workshop, id: Uuid, permit: Permit, deadline: &CancellationToken) {
    let jobs = &shop.jobs;
    let (claim, job) = match jobs.store.claim(id, &jobs.owner).await {
        Ok(Some(claimed)) => claimed,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(job = %id, %error, "a job could not be claimed");
            return;
        }
    };
    tracing::info!(job = %id, attempt = claim.attempt, "job started");
    let progress = Progress::default();
    tokio::select! {
        done = enhance_job(shop, claim, &job, progress.clone(), permit.clone()) => match done {
            Ok(output) => finish(jobs, claim, Outcome::Succeeded(output)).await,
            Err(Failure::Job(problem)) => {
                tracing::info!(job = %id, code = problem.code(), "job failed");
                finish(jobs, claim, Outcome::failed(&problem)).await;
            }
            Err(Failure::Server(error)) => retry(jobs, claim, &job, &error).await,
        },
        () = until_lost(jobs, claim, &progress) => {
            tracing::info!(job = %id, attempt = claim.attempt, "another worker has taken over the job");
        }
        () = deadline.cancelled() => {
            tracing::info!(job = %id, "job requeued for shutdown");
            if let Err(error) = jobs.store.give_back(claim).await {
                tracing::error!(job = %id, %error, "a job could not be put back");
            }
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
    permit: Permit,
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
    let done = enhance(&shop.engine, task, permit).await?;
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

/// Tells that the worker lives until the job is another's, or nobody's.
async fn until_lost(jobs: &Jobs, claim: Claim, progress: &Progress) {
    let mut beats = interval(HEARTBEAT);
    let mut heard = Instant::now();
    loop {
        beats.tick().await;
        match timeout(LEASE / 3, jobs.store.heartbeat(claim, progress.get())).await {
            Ok(Ok(true)) => heard = Instant::now(),
            Ok(Ok(false)) => return,
            failed if heard.elapsed() > LEASE => {
                tracing::error!(job = %claim.id, ?failed, "no heartbeat for too long");
                return;
            }
            failed => tracing::warn!(job = %claim.id, ?failed, "a heartbeat failed"),
        }
    }
}

/// Ends a job, unless it is not the worker's any more.
async fn finish(jobs: &Jobs, claim: Claim, outcome: Outcome) {
    let state = outcome.state().name();
    for attempt in 1..=FINISHING {
        match jobs.store.finish(claim, &outcome, jobs.expiry()).await {
            Ok(true) => {
                tracing::info!(job = %claim.id, state, "job ended");
                metrics::counter!("enhancer_jobs_finished_total", "outcome" => state).increment(1);
                jobs.discard(Artefact::Source(claim.id)).await;
                return jobs.wake();
            }
            Ok(false) => return jobs.discard(Artefact::Result(claim.id, claim.attempt)).await,
            Err(error) => tracing::error!(job = %claim.id, attempt, %error, "no end was kept"),
        }
        sleep(FINISHING_PAUSE).await;
    }
    // Its lease runs out, and it is done again.
}

async fn retry(jobs: &Jobs, claim: Claim, job: &Job, error: &anyhow::Error) {
    tracing::error!(job = %claim.id, attempt = claim.attempt, error = %format!("{error:#}"),
        "job attempt failed; will try again");
    if let Err(error) = jobs.store.retry(claim, job.crashes).await {
        tracing::error!(job = %claim.id, %error, "a job could not be put back");
    }
}
