//! `GET /healthz`, `GET /readyz`.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admission::shutting_down;
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz))
}

/// Check whether the process is alive.
///
/// It needs no token, and depends on no other part of the server.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "It is alive.", body = str, example = "ok")),
)]
async fn healthz() -> &'static str {
    "ok"
}

/// Check whether the server is ready for requests.
///
/// It needs no token. The answer is at most a second old, unless the database takes longer.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Operation",
    security(()),
    responses(
        (status = 200, description = "It is ready.", body = str, example = "ok"),
        (
            status = 503,
            description = "It is not ready: it is shutting down (`shutting_down`), or it cannot \
                store uploads or jobs because its disk is full or its database does not take \
                changes (`storage`). That clients have used up `--max-storage` does not count: \
                they can still fetch and delete what is theirs.",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
async fn readyz(State(app): State<App>) -> Result<&'static str> {
    if app.shutdown.is_cancelled() {
        return Err(shutting_down());
    }
    if app.readiness.can_store(&app.spool, &app.jobs).await {
        return Ok("ok");
    }
    let detail = "the server cannot store uploads or jobs; see its log";
    Err(Problem::new(ProblemCode::Storage, detail).retry_after(30))
}
