//! From settings to a running server.

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::{App, Shared};
use crate::enhancement::Engine;
use crate::files::Files;
use crate::settings::ServeSettings;
use crate::webhook::Webhooks;

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
    let app = App::new(Shared { engine, raw_sample_rate, files, webhooks });
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(settings, app))
}

async fn run(settings: &ServeSettings, app: App) -> anyhow::Result<()> {
    let address = (settings.listen.interface, settings.listen.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        let (interface, port) = address;
        format!("--interface {interface} and --port {port} (APP_INTERFACE, APP_PORT)")
    })?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app.router()).await?;
    Ok(())
}
