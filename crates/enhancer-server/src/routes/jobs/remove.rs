//! `DELETE /jobs/{id}`.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Id, find, unknown};
use crate::client::Client;
use crate::jobs::storage_problem;
use crate::problem::{Problem, Result};
use crate::state::App;

/// Delete a job.
///
/// The job and its result are deleted at once. If the job has not ended, its worker stops within
/// two seconds, and its webhook is not called. To keep the record of the job, cancel it instead.
#[utoipa::path(
    delete,
    path = "/jobs/{id}",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 204, description = "The job is deleted."),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_job(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
) -> Result<StatusCode> {
    let job = find(&app, &client, &id).await?;
    let removed = app.jobs.remove(job.id).await.map_err(storage_problem)?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id)) }
}
