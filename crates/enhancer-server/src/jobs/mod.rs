//! Jobs: enhancements that outlive the request, the process and the power.
//!
//! A request is kept as a row (`store`) and its audio as an artefact. A `worker` claims the
//! row, enhances, keeps the result and ends the row. It looks for rows when it hears of one,
//! from this process or through the database (`announcements`), and from time to time.
//! `presence` shows that the process lives; `upkeep` puts back the jobs of one that died.

mod announcements;
mod artefacts;
mod deliveries;
mod presence;
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
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use artefacts::Artefact;
pub(crate) use resource::JobResource;
pub(crate) use store::{Job, Outcome, State};
pub(crate) use submission::Submission;
pub(crate) use watch::{Follower, TooManyStreams};

use crate::enhancement::Engine;
use crate::problem::{Problem, Result};
use crate::settings::JobSettings;
use crate::spool::Spool;
use crate::webhook::Webhooks;
use artefacts::Artefacts;
use store::Store;
use watch::Watch;

/// How long to wait before looking again for what is due but could not be claimed.
const OVERDUE_PAUSE: Duration = Duration::from_secs(1);

/// The jobs, and all that has to do with them.
#[derive(Debug)]
pub(crate) struct Jobs {
    pub(crate) store: Store,
    pub(crate) artefacts: Artefacts,
    pub(crate) watch: Watch,
    settings: JobSettings,
    /// For copies of artefacts and results under way.
    spool: Spool,
    /// What tells this process from all others.
    owner: String,
    /// Wakes the worker: a job may have been queued.
    queued: Notify,
    /// Wakes the deliveries: a job may have ended.
    ended: Notify,
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
        let (store, lock) = match &settings.database_url {
            Some(url) => {
                let database = "--database-url (DATABASE_URL)";
                let store =
                    Store::in_postgres(url, settings.max_crashes).await.context(database)?;
                (store, None)
            }
            None => {
                let lock = lock(data_root).with_context(root)?;
                let store =
                    Store::in_file(&data_root.join("jobs.sqlite"), settings.max_crashes).await;
                let store = store.context("jobs.sqlite").with_context(root)?;
                remove_old_queue(data_root).with_context(root)?;
                // No other process uses this data root: those that ran jobs in it are gone.
                store.strike_all_workers().await.with_context(root)?;
                store.reap().await.with_context(root)?;
                store.deliver_all_now().await.with_context(root)?;
                (store, Some(lock))
            }
        };
        let artefacts = match &settings.artefacts {
            Some(url) => {
                Artefacts::in_bucket(url).context("--artefacts (ENHANCER_ARTEFACTS, AWS_*)")?
            }
            None => Artefacts::in_folder(&data_root.join("artefacts")).with_context(root)?,
        };
        let owner = format!("{}-{}", std::process::id(), Uuid::now_v7());
        store.renew_lease(&owner).await?;
        Ok(Jobs {
            store,
            artefacts,
            watch: Watch::new(settings.max_event_streams.into()),
            settings: settings.clone(),
            spool: spool.clone(),
            owner,
            queued: Notify::new(),
            ended: Notify::new(),
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
            "as many jobs as may ({}) wait already; try again later",
            self.settings.max_queued
        );
        let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
        Err(Problem::new(status, "queue_full", detail).retry_after(30))
    }

    /// Wakes what waits for jobs in this process: there may be something to do.
    pub(crate) fn wake(&self) {
        self.queued.notify_one();
        self.ended.notify_one();
    }

    /// Waits until there may be something to claim: until `wake` is notified, or what waits
    /// is due, but no longer than the poll interval. Where the database cannot say what is
    /// due, that interval is the pause before it is asked again.
    async fn idle(
        &self,
        wake: &Notify,
        due: impl Future<Output = store::Result<Option<Duration>>>,
    ) {
        // Processes that started together look at different times.
        let poll = self.settings.poll().mul_f64(0.75 + 0.5 * fastrand::f64());
        let pause = match due.await {
            // What is due and was not claimed waits for something else.
            Ok(Some(Duration::ZERO)) => poll.min(OVERDUE_PAUSE),
            Ok(Some(due)) => poll.min(due),
            Ok(None) | Err(_) => poll,
        };
        let _elapsed = timeout(pause, wake.notified()).await;
    }

    /// How long a job that ends now can be had.
    pub(crate) fn retention(&self) -> Duration {
        self.settings.retention()
    }
}

/// Removes the file in which the previous release kept its queue.
fn remove_old_queue(data_root: &Path) -> std::io::Result<()> {
    for name in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
        match std::fs::remove_file(data_root.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The right to use a data root.
fn lock(data_root: &Path) -> anyhow::Result<File> {
    let file = File::create(data_root.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(anyhow!(
            "another server uses it; give each its own, or let them share jobs by \
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
    let work = async {
        tokio::join!(worker::run(shop, shutdown, &deadline), deliveries::run(shop, shutdown));
    };
    tokio::join!(
        // As long as a job runs.
        async {
            tokio::select! {
                () = work => {}
                never = presence::run(&shop.jobs) => match never {},
            }
        },
        shutdown.run_until_cancelled(upkeep::run(shop)),
        shutdown.run_until_cancelled(watch::run(&shop.jobs)),
        shutdown.run_until_cancelled(announcements::run(&shop.jobs)),
    );
    presence::leave(&shop.jobs).await;
    timer.abort();
}
