//! `GET /jobs/{id}`.

use axum::Json;
use axum::extract::State;

use super::{Id, find, resource};
use crate::client::Client;
use crate::jobs::JobResource;
use crate::problem::{Problem, Result};
use crate::state::App;

/// Get a job.
///
/// In any state: it has its progress, and once it has ended, its result or error.
#[utoipa::path(
    get,
    path = "/jobs/{id}",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 200, description = "The job, in any state.", body = JobResource),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_job(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
) -> Result<Json<JobResource>> {
    let job = find(&app, &client, &id).await?;
    resource(&app, job).await.map(Json)
}
