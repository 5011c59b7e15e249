//! A worker without a server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio_util::sync::CancellationToken;

use crate::enhancement::Engine;
use crate::jobs::{self, Jobs, Workshop, isolated};
use crate::runtime;
use crate::serve::end_on_signals;
use crate::settings::WorkerSettings;
use crate::spool::Spool;
use crate::webhook::Webhooks;

/// Runs queued jobs of a shared database, until the process gets a signal to stop.
///
/// # Errors
/// If a setting cannot be applied; the message names it.
pub fn work(settings: &WorkerSettings) -> anyhow::Result<()> {
    settings.log.start()?;
    if let Some(order) = isolated::order() {
        return isolated::obey(&order, &settings.enhancement, &settings.storage);
    }
    ensure!(
        settings.jobs.database_url.is_some(),
        "--database-url (DATABASE_URL) is missing: a worker needs the PostgreSQL database of its \
         servers; a server without one runs its jobs itself"
    );
    ensure!(
        settings.jobs.job_workers > 0,
        "--job-workers (ENHANCER_JOB_WORKERS) is 0, expected at least 1 for a worker"
    );
    // An error means that a provider is already installed, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime::run(run(settings), runtime::PATIENCE)?
}

async fn run(settings: &WorkerSettings) -> anyhow::Result<()> {
    let data_root = &settings.storage.data_root;
    let spool = Spool::open(&settings.storage)
        .with_context(|| format!("--data-root {} (ENHANCER_DATA_ROOT)", data_root.display()))?;
    let engine = Engine::start(&settings.enhancement).context("--model (TF_MODEL_PATH)")?;
    let webhooks = Webhooks::new(&settings.webhook, true)?;
    let jobs = Jobs::open(&settings.jobs, data_root, &spool).await?;
    let shop =
        Workshop { engine: Arc::new(engine), jobs: Arc::new(jobs), webhooks: Arc::new(webhooks) };
    let shutdown = CancellationToken::new();
    end_on_signals(shutdown.clone())?;
    tracing::info!("worker started");
    jobs::run(&shop, &shutdown, Duration::from_secs(settings.shutdown_timeout)).await;
    tracing::info!("worker stopped");
    Ok(())
}
