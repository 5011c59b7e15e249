//! `GET /metrics`.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Metrics for Prometheus.
///
/// Requests and their latency by route, running and waiting enhancements, seconds of audio,
/// real-time factor, jobs by state, webhook deliveries, bytes in the data root.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Operation",
    responses((
        status = 200,
        description = "Metrics in the text format of Prometheus.",
        body = str,
        content_type = "text/plain",
    )),
)]
async fn metrics(State(app): State<App>) -> impl IntoResponse {
    app.admission.observe();
    app.spool.rooms().observe();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
}
