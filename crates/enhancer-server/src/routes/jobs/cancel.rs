//! `POST /jobs/{id}/cancel`.

use axum::Json;
use axum::extract::State;

use super::{Id, find, resource};
use crate::client::Client;
use crate::jobs::{JobResource, State as JobState, storage_problem};
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

/// Cancel a job.
///
/// Its worker stops within two seconds. The job remains as `cancelled` until it expires or is
/// deleted, and its webhook is called. To cancel a job twice changes nothing.
#[utoipa::path(
    post,
    path = "/jobs/{id}/cancel",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 200, description = "The job is cancelled.", body = JobResource),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`job_ended`: the job has succeeded or failed. It stays as \
            it is.", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn cancel_job(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
) -> Result<Json<JobResource>> {
    let job = find(&app, &client, &id).await?;
    app.jobs.cancel(job.id).await.map_err(storage_problem)?;
    let job = find(&app, &client, &id).await?;
    if job.state != JobState::Cancelled {
        let detail = format!("the job has {} and can no longer be cancelled", job.state.name());
        return Err(Problem::new(ProblemCode::JobEnded, detail));
    }
    resource(&app, job).await.map(Json)
}
