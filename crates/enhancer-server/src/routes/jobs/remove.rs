//! `DELETE /jobs/{id}`.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Id, find, unknown};
use crate::app::App;
use crate::jobs::{Artefact, storage_problem};
use crate::middleware::Client;
use crate::problem::{Problem, Result};

/// Cancel or delete a job.
///
/// A job that has not ended is cancelled: its worker stops within two seconds, and the job
/// remains as `cancelled` until it expires. A job that has ended is deleted at once, together
/// with its result.
#[utoipa::path(
    delete,
    path = "/jobs/{id}",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 204, description = "The job is cancelled or deleted."),
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
    let jobs = &app.jobs;
    let job = find(&app, &client, &id).await?;
    if job.state.has_ended() {
        let forgotten = jobs.forget(job.id).await.map_err(storage_problem)?;
        return if forgotten { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id)) };
    }
    if jobs.store.cancel(job.id, jobs.retention()).await.map_err(storage_problem)? {
        metrics::counter!("enhancer_jobs_finished_total", "outcome" => "cancelled").increment(1);
        jobs.discard(Artefact::Source(job.id)).await;
        jobs.ended.notify_one();
    }
    // Otherwise it has just ended. The client may not know that yet, so the job stays
    // until it is deleted or expires.
    Ok(StatusCode::NO_CONTENT)
}
