//! Jobs: enhancements that outlive the request, the process and the power.
//!
//! A request is kept as a row (`store`) and its audio as an artefact. A `worker` claims the
//! row, enhances, keeps the result and ends the row. `upkeep` puts back the jobs of processes
//! that died.

mod artefacts;
mod deliveries;
pub(crate) mod isolated;
mod resource;
mod store;
mod submission;
mod trouble;
mod upkeep;
mod watch;
mod worker;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) use artefacts::Artefact;
pub(crate) use deliveries::WebhookEvent;
pub(crate) use resource::JobResource;
pub(crate) use store::{Cursor, Job, Outcome, State};
pub(crate) use submission::Submission;
pub(crate) use trouble::storage_problem;
pub(crate) use watch::{Follower, TooManyStreams};

use crate::enhancement::Engine;
use crate::problem::{Problem, ProblemCode, Result};
use crate::settings::JobSettings;
use crate::spool::Spool;
use crate::webhook::Webhooks;
use artefacts::Artefacts;
use store::Store;
use watch::Watch;

/// How often a process looks for something to do. It is notified of its own jobs at once.
const POLL: Duration = Duration::from_secs(1);

/// The jobs and everything around them.
#[derive(Debug)]
pub(crate) struct Jobs {
    pub(crate) store: Store,
    pub(crate) artefacts: Artefacts,
    pub(crate) watch: Watch,
    settings: JobSettings,
    /// For copies of artefacts, and for unfinished results.
    spool: Spool,
    /// Wakes the worker: a job may wait.
    queued: Notify,
    /// Wakes the deliveries: a job may have ended.
    pub(crate) ended: Notify,
    /// Held as long as the process lives.
    _lock: Option<File>,
}

/// Everything that is needed to run jobs.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    pub(crate) engine: Arc<Engine>,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) webhooks: Arc<Webhooks>,
}

impl Jobs {
    /// Opens the stores for jobs.
    ///
    /// # Errors
    /// If a setting cannot be applied; the message names it.
    pub(crate) async fn open(
        settings: &JobSettings,
        data_root: &Path,
        spool: &Spool,
    ) -> anyhow::Result<Jobs> {
        let root = || format!("--data-root {} (ENHANCER_DATA_ROOT)", data_root.display());
        let (store, lock) = match &settings.database_url {
            Some(url) => {
                let store = Store::in_postgres(url, settings.max_crashes).await;
                (store.context("--database-url (DATABASE_URL)")?, None)
            }
            None => {
                let lock = lock(data_root).with_context(root)?;
                let store =
                    Store::in_file(&data_root.join("jobs.sqlite"), settings.max_crashes).await;
                (store.context("jobs.sqlite").with_context(root)?, Some(lock))
            }
        };
        let artefacts = match &settings.artefacts {
            Some(url) => {
                Artefacts::in_bucket(url).context("--artefacts (ENHANCER_ARTEFACTS, AWS_*)")?
            }
            None => {
                let folder = data_root.join("artefacts");
                let artefacts = Artefacts::in_folder(&folder, spool.rooms(), lock.is_some());
                artefacts.await.with_context(root)?
            }
        };
        Ok(Jobs {
            store,
            artefacts,
            watch: Watch::new(settings.max_event_streams.into()),
            settings: settings.clone(),
            spool: spool.clone(),
            queued: Notify::new(),
            ended: Notify::new(),
            _lock: lock,
        })
    }

    /// Refuses a job if the queue is full.
    ///
    /// # Errors
    /// 503 if too many jobs wait already.
    pub(crate) async fn check_room(&self) -> Result<()> {
        if self.store.queued().await.map_err(storage_problem)? < self.settings.max_queued {
            return Ok(());
        }
        let detail = format!(
            "the queue is full ({} jobs are waiting); try again later",
            self.settings.max_queued
        );
        Err(Problem::new(ProblemCode::QueueFull, detail).retry_after(30))
    }

    /// How long an ended job is kept.
    pub(crate) fn retention(&self) -> Duration {
        self.settings.retention()
    }
}

/// Waits until there may be something to do.
async fn idle(wake: &Notify) {
    let _elapsed = timeout(POLL, wake.notified()).await;
}

/// Locks a data root for this process.
fn lock(data_root: &Path) -> anyhow::Result<File> {
    let file = File::create(data_root.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(anyhow!(
            "another server uses it; give each server its own, or share jobs with \
             --database-url (DATABASE_URL)"
        )),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Runs and maintains jobs until `shutdown`. Then running jobs have the time `grace` to finish;
/// after that they are put back.
pub(crate) async fn run(shop: &Workshop, shutdown: &CancellationToken, grace: Duration) {
    let deadline = CancellationToken::new();
    let timer = {
        let (shutdown, deadline) = (shutdown.clone(), deadline.clone());
        tokio::spawn(async move {
            shutdown.cancelled().await;
            tokio::time::sleep(grace).await;
            deadline.cancel();
        })
    };
    tokio::join!(
        worker::run(shop, shutdown, &deadline),
        deliveries::run(shop, shutdown),
        shutdown.run_until_cancelled(upkeep::run(&shop.jobs)),
        shutdown.run_until_cancelled(upkeep::recover(&shop.jobs)),
        shutdown.run_until_cancelled(watch::run(&shop.jobs)),
    );
    timer.abort();
}
