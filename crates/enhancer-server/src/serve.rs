//! From settings to a running server.

use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::enhancement::Engine;
use crate::files::Files;
use crate::jobs::{self, Jobs, Workshop, isolated};
use crate::listener::listen;
use crate::page::Page;
use crate::rate::Rate;
use crate::readiness::Readiness;
use crate::router::router;
use crate::runtime;
use crate::settings::ServeSettings;
use crate::spool::Spool;
use crate::state::{App, Shared};
use crate::webhook::Webhooks;

/// The buckets of the histograms of latencies and audio lengths, both in seconds, and of real-time
/// factors.
const BUCKETS: [f64; 16] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0,
];

/// Serves until the process gets a signal to end. The first line on standard output is the URL.
///
/// # Errors
/// If a setting cannot be applied; the message names it.
pub fn serve(settings: &ServeSettings) -> anyhow::Result<()> {
    settings.log.start()?;
    if let Some(order) = isolated::order() {
        return isolated::obey(&order, &settings.enhancement, &settings.storage);
    }
    // An error means that a provider is already installed, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Each connection needs up to two more files. The usual limit is too low for that.
    let needed = 3 * u64::from(settings.limits.max_connections.get());
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(allowed) if allowed < needed => tracing::warn!(
            "the system allows {allowed} open files, and --max-connections needs {needed}; raise \
             the limit (ulimit -n), or lower --max-connections"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
    runtime::run(run(settings), runtime::PATIENCE)?
}

async fn run(settings: &ServeSettings) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let app = start(settings, shutdown.clone()).await?;
    let (interface, port) = (settings.listen.interface, settings.listen.port);
    let listener = TcpListener::bind((interface, port)).await.with_context(|| {
        format!("--interface {interface} and --port {port} (APP_INTERFACE, APP_PORT)")
    })?;
    end_on_signals(shutdown.clone())?;
    tokio::spawn(upkeep(app.clone()));
    let url = format!("http://{}", listener.local_addr()?);
    writeln!(stdout(), "{url}")?;
    if app.page.is_some() {
        tracing::info!("page: {url}/");
    }
    tracing::info!("API documentation: {url}/docs");
    if !app.on_loopback && !settings.access.needs_token() {
        tracing::warn!(
            "other machines can use this server without a token; set --auth-token to prevent that"
        );
    }
    let shop = Workshop {
        engine: app.engine.clone(),
        jobs: app.jobs.clone(),
        webhooks: app.webhooks.clone(),
    };
    tokio::join!(
        listen(listener, router(app.clone())?, &settings.limits, &shutdown),
        jobs::run(&shop, &shutdown, settings.limits.shutdown_timeout()),
        finish_unattended(&app),
    );
    tracing::info!("server stopped");
    Ok(())
}

/// During shutdown, waits for work that continues without a client, as long as the limits allow.
async fn finish_unattended(app: &App) {
    app.shutdown.cancelled().await;
    app.unattended.close();
    if timeout(app.limits.shutdown_timeout(), app.unattended.wait()).await.is_err() {
        tracing::warn!(
            open = app.unattended.len(),
            "shutdown timeout; cancelling the remaining work"
        );
    }
}

/// The state that the routes share.
async fn start(settings: &ServeSettings, shutdown: CancellationToken) -> anyhow::Result<App> {
    let data_root = &settings.storage.data_root;
    let spool = Spool::open(&settings.storage)
        .with_context(|| format!("--data-root {} (ENHANCER_DATA_ROOT)", data_root.display()))?;
    let engine = Engine::start(&settings.enhancement)?;
    let is_exposed = settings.is_exposed();
    let files = settings.files.root(is_exposed).map(|root| Files::open(root, data_root));
    let files = files.transpose().context("--files-root (ENHANCER_FILES_ROOT)")?;
    let webhooks = Webhooks::new(&settings.webhook, is_exposed)?;
    let page = settings.page.page.as_deref().map(Page::open).transpose();
    let page = page.context("--page (APP_PAGE)")?;
    let jobs = Jobs::open(&settings.jobs, data_root, &spool).await?;
    Ok(App::new(Shared {
        engine: Arc::new(engine),
        spool,
        readiness: Readiness::new(),
        files,
        webhooks: Arc::new(webhooks),
        unattended: TaskTracker::new(),
        jobs: Arc::new(jobs),
        admission: Admission::new(&settings.limits, shutdown.clone()),
        rate: Rate::new(settings.limits.rate_limit),
        access: settings.access.clone(),
        limits: settings.limits.clone(),
        on_loopback: settings.listen.interface.is_loopback(),
        is_exposed,
        page,
        metrics: measure()?,
        shutdown,
    }))
}

fn measure() -> anyhow::Result<PrometheusHandle> {
    let buckets = Matcher::Suffix(String::new());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(buckets, &BUCKETS)?.install_recorder()?)
}

/// Asks the process to end at the first signal, and ends it at the second.
///
/// # Errors
/// If signals cannot be listened for.
pub(crate) fn end_on_signals(shutdown: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut asked = async move || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    tokio::spawn(async move {
        asked().await;
        tracing::info!(
            "shutting down after running requests and jobs; send the signal again to stop at once"
        );
        shutdown.cancel();
        asked().await;
        std::process::exit(130);
    });
    Ok(())
}

/// Regular upkeep.
async fn upkeep(app: App) {
    let mut tick = interval(Duration::from_secs(5));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        app.rate.forget();
        app.admission.forget();
        app.metrics.run_upkeep();
    }
}
