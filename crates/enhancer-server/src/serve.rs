//! From settings to a running server.

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::{App, Shared};
use crate::enhancement::Engine;
use crate::settings::ServeSettings;

/// Serves until the process is asked to stop.
///
/// # Errors
/// If a setting cannot be followed; the message names it.
pub fn serve(settings: &ServeSettings) -> anyhow::Result<()> {
    let engine = Engine::start(&settings.enhancement).context("--model (TF_MODEL_PATH)")?;
    let app = App::new(Shared { engine });
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
