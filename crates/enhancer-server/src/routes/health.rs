//! `GET /healthz`, `GET /readyz`.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admission::shutting_down;
use crate::app::App;
use crate::problem::{Problem, Result};

/// How long the database may take to respond.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// Check whether the process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    responses((status = 200, description = "It is alive.", body = str, example = "ok")),
)]
async fn healthz() -> &'static str {
    "ok"
}

/// Check whether the server is ready for requests.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses(
        (status = 200, description = "It is ready.", body = str, example = "ok"),
        (
            status = 503,
            description = "It is not ready: it is shutting down (`shutting_down`), or cannot \
                store uploads or jobs (`storage`).",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn readyz(State(app): State<App>) -> Result<&'static str> {
    if app.shutdown.is_cancelled() {
        return Err(shutting_down());
    }
    let storage = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "uploads or jobs cannot be stored");
        let detail = "the server cannot store uploads or jobs; see its log";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage", detail).retry_after(30)
    };
    app.spool.rooms().check().map_err(|error| storage(&error))?;
    app.spool.file().map_err(|error| storage(&error))?;
    let jobs = tokio::time::timeout(PATIENCE, app.jobs.store.ping()).await;
    jobs.map_err(|error| storage(&error))?.map_err(|error| storage(&error))?;
    Ok("ok")
}
