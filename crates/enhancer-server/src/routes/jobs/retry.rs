//! `POST /jobs/{id}/retry`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{Id, find, resource};
use crate::client::Client;
use crate::jobs::{JobResource, storage_problem};
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

/// Run a job again that the server gave up.
///
/// A job is given up (`gave_up`) if the server crashed repeatedly while it ran, or failed for
/// a day, for example because its disk was full. Its recording is kept until the job expires.
#[utoipa::path(
    post,
    path = "/jobs/{id}/retry",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 202, description = "The job will run again.", body = JobResource),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not_given_up`: the server did not give up this job.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn retry_job(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
) -> Result<(StatusCode, Json<JobResource>)> {
    let job = find(&app, &client, &id).await?;
    let given_up = job.was_given_up().map_err(Problem::internal)?;
    if !given_up || !app.jobs.retry(&job).await.map_err(storage_problem)? {
        let detail = format!(
            "the job is {}; only a job that failed with the code gave_up can be retried",
            job.state.name()
        );
        return Err(Problem::new(ProblemCode::NotGivenUp, detail));
    }
    let job = find(&app, &client, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(resource(&app, job).await?)))
}
