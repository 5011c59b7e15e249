//! `POST /jobs/{id}/redeliver`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{Id, find, resource};
use crate::client::Client;
use crate::jobs::{JobResource, storage_problem};
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;

/// Call the webhook of a job again.
///
/// For a receiver that lost the call, or that could not be reached for too long. The call has the
/// same `webhook-id` as before. If it fails, the server tries again at the same intervals as before.
#[utoipa::path(
    post,
    path = "/jobs/{id}/redeliver",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 202, description = "The webhook will be called.", body = JobResource),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not_redeliverable`: the job has no webhook, has not ended, \
            or the server has still to call its webhook.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn redeliver_job(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
) -> Result<(StatusCode, Json<JobResource>)> {
    let job = find(&app, &client, &id).await?;
    if !app.jobs.store.redeliver(job.id).await.map_err(storage_problem)? {
        let detail =
            "the job has no webhook, has not ended, or the server has still to call its webhook";
        return Err(Problem::new(ProblemCode::NotRedeliverable, detail));
    }
    app.jobs.ended.notify_one();
    let job = find(&app, &client, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(resource(&app, job).await?)))
}
