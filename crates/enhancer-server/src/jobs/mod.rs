//! Jobs: enhancements that outlive the request, the process and the power.
//!
//! A request is kept as a row (`store`) and its audio as an artefact; the `queue` tells
//! workers of it; a `worker` claims the row, enhances, keeps the result and ends the row.
//! `upkeep` mends whatever a process that died left behind.

mod artefacts;
mod deliveries;
mod paced;
mod queue;
mod resource;
mod store;
mod submission;
mod upkeep;
mod watch;
mod worker;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use artefacts::Artefact;
pub(crate) use resource::JobResource;
pub(crate) use store::{Job, Outcome, State, now};
pub(crate) use submission::Submission;
pub(crate) use watch::{Follower, TooManyStreams};

use crate::enhancement::Engine;
use crate::problem::{Problem, Result};
use crate::settings::JobSettings;
use crate::spool::Spool;
use crate::webhook::Webhooks;
use artefacts::Artefacts;
use queue::Queue;
use store::{Store, millis};
use watch::Watch;

/// The jobs, and all that has to do with them.
#[derive(Debug)]
pub(crate) struct Jobs {
    pub(crate) store: Store,
    pub(crate) artefacts: Artefacts,
    pub(crate) watch: Watch,
    settings: JobSettings,
    queue: Queue,
    /// For copies of artefacts and results under way.
    spool: Spool,
    /// What tells this process from all others.
    owner: String,
    /// Wakes upkeep: something is due now.
    due: Notify,
    /// Held while the process lives.
    _lock: Option<File>,
}

/// What it takes to work jobs off.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    pub(crate) engine: Arc<Engine>,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) webhooks: Arc<Webhooks>,
}

impl Jobs {
    /// Opens what is needed for jobs.
    ///
    /// # Errors
    /// If a setting cannot be followed; the message names it.
    pub(crate) async fn open(
        settings: &JobSettings,
        data_root: &Path,
        spool: &Spool,
    ) -> anyhow::Result<Jobs> {
        let root = || format!("--data-root {} (ENHANCER_DATA_ROOT)", data_root.display());
        let (store, queue, lock) = match &settings.database_url {
            Some(url) => {
                let database = "--database-url (DATABASE_URL)";
                let store =
                    Store::in_postgres(url, settings.max_crashes).await.context(database)?;
                (store, Queue::in_postgres(url).await.context(database)?, None)
            }
            None => {
                let lock = lock(data_root).with_context(root)?;
                let store =
                    Store::in_file(&data_root.join("jobs.sqlite"), settings.max_crashes).await;
                let store = store.context("jobs.sqlite").with_context(root)?;
                let queue = Queue::in_file(&data_root.join("queue.sqlite")).await;
                // Whoever ran jobs in this data root is no more.
                store.reap_all().await.with_context(root)?;
                // The queue is empty: whoever was told of something is told again.
                store.hint_anew().await.with_context(root)?;
                (store, queue.context("queue.sqlite").with_context(root)?, Some(lock))
            }
        };
        let artefacts = match &settings.artefacts {
            Some(url) => {
                Artefacts::in_bucket(url).context("--artefacts (ENHANCER_ARTEFACTS, AWS_*)")?
            }
            None => Artefacts::in_folder(&data_root.join("artefacts")).with_context(root)?,
        };
        Ok(Jobs {
            store,
            artefacts,
            watch: Watch::new(settings.max_event_streams.into()),
            settings: settings.clone(),
            queue,
            spool: spool.clone(),
            owner: format!("{}-{}", std::process::id(), Uuid::now_v7()),
            due: Notify::new(),
            _lock: lock,
        })
    }

    /// Refuses what would make the queue too long.
    ///
    /// # Errors
    /// 503 if too many jobs wait already.
    pub(crate) async fn check_room(&self) -> Result<()> {
        if self.store.queued().await.map_err(Problem::internal)? < self.settings.max_queued {
            return Ok(());
        }
        let detail = format!(
            "the queue is full ({} jobs are waiting); try again later",
            self.settings.max_queued
        );
        let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
        Err(Problem::new(status, "queue_full", detail).retry_after(30))
    }

    /// Tells workers, and receivers of webhooks, that there is something for them.
    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }

    /// When a job that ends now is forgotten, in ms since 1970.
    pub(crate) fn expiry(&self) -> i64 {
        now().saturating_add(millis(self.settings.retention()))
    }
}

/// The right to use a data root.
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

/// Works jobs off and looks after them until `shutdown`; then jobs under way have until
/// `grace` is over, and are put back if that is too short.
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
        shutdown.run_until_cancelled(upkeep::run(shop)),
        shutdown.run_until_cancelled(watch::run(&shop.jobs)),
    );
    timer.abort();
}
