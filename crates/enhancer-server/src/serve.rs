//! From settings to a running server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Shared};
use crate::enhancement::Engine;
use crate::files::Files;
use crate::jobs::{self, Jobs, Workshop};
use crate::settings::ServeSettings;
use crate::webhook::Webhooks;

/// How long jobs under way may take to end when the process is to stop.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// Serves until the process is asked to stop.
///
/// # Errors
/// If a setting cannot be followed; the message names it.
pub fn serve(settings: &ServeSettings) -> anyhow::Result<()> {
    let engine = Engine::start(&settings.enhancement).context("--model (TF_MODEL_PATH)")?;
    let raw_sample_rate = settings.enhancement.sample_rate;
    let files = Files::open(&settings.files.files_root, &settings.storage.data_root)
        .context("--files-root (ENHANCER_FILES_ROOT)")?;
    // An error says that there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let webhooks = Webhooks::new(&settings.webhook, settings.listen.interface.is_loopback())?;
    let runtime = Runtime::new()?;
    let jobs = runtime.block_on(Jobs::open(&settings.jobs, &settings.storage.data_root))?;
    let app = App::new(Shared {
        engine: Arc::new(engine),
        raw_sample_rate,
        files,
        webhooks: Arc::new(webhooks),
        jobs: Arc::new(jobs),
        shutdown: CancellationToken::new(),
    });
    runtime.block_on(run(settings, app))
}

async fn run(settings: &ServeSettings, app: App) -> anyhow::Result<()> {
    let address = (settings.listen.interface, settings.listen.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        let (interface, port) = address;
        format!("--interface {interface} and --port {port} (APP_INTERFACE, APP_PORT)")
    })?;
    println!("http://{}", listener.local_addr()?);
    let shutdown = app.shutdown.clone();
    tokio::spawn(stop_when_asked(shutdown.clone()));
    let shop = Workshop {
        engine: app.engine.clone(),
        jobs: app.jobs.clone(),
        webhooks: app.webhooks.clone(),
    };
    let server = axum::serve(listener, app.router())
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let work = jobs::run(&shop, &shutdown, GRACE);
    let (served, ()) = tokio::join!(server.into_future(), work);
    Ok(served?)
}

/// Cancels `shutdown` at Ctrl-C or SIGTERM.
pub(crate) async fn stop_when_asked(shutdown: CancellationToken) {
    let asked = async {
        #[cfg(unix)]
        if let Ok(mut terminate) =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        {
            return tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            };
        }
        let _ = tokio::signal::ctrl_c().await;
    };
    asked.await;
    shutdown.cancel();
}
