//! `GET /jobs/{id}`.

use axum::Json;
use axum::extract::State;

use super::{Id, find};
use crate::app::App;
use crate::jobs::JobResource;
use crate::problem::{Problem, Result};

/// A job as it is now.
#[utoipa::path(
    get,
    path = "/jobs/{id}",
    tag = "jobs",
    params(("id" = String, Path, description = "The job's id.", format = Uuid)),
    responses(
        (status = 200, description = "The job, whatever its state.", body = JobResource),
        (status = 404, description = "`not_found`: there is no such job, or it has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: the server failed; its log says why.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_job(State(app): State<App>, Id(id): Id) -> Result<Json<JobResource>> {
    let job = find(&app, &id).await?;
    JobResource::load(&app.jobs.store, job).await.map(Json).map_err(Problem::internal)
}
