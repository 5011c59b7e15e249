//! `DELETE /jobs/{id}`.

use axum::extract::State;
use axum::http::StatusCode;

use super::{Id, find, unknown};
use crate::app::App;
use crate::jobs::Artefact;
use crate::problem::{Problem, Result};

/// Cancels a job, or deletes it.
///
/// A job that has not ended is cancelled: its worker stops within two seconds, and it stays
/// visible as `cancelled` until it expires. A job that has ended is deleted at once, with its
/// result.
#[utoipa::path(
    delete,
    path = "/jobs/{id}",
    tag = "jobs",
    params(("id" = String, Path, description = "The job's id.", format = Uuid)),
    responses(
        (status = 204, description = "It is cancelled, or deleted."),
        (status = 404, description = "`not_found`: there is no such job, or it has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: the server failed; its log says why.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete_job(State(app): State<App>, Id(id): Id) -> Result<StatusCode> {
    let jobs = &app.jobs;
    let job = find(&app, &id).await?;
    if job.state.has_ended() {
        let forgotten = jobs.forget(job.id).await.map_err(Problem::internal)?;
        return if forgotten { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&id)) };
    }
    if jobs.store.cancel(job.id, jobs.retention()).await.map_err(Problem::internal)? {
        metrics::counter!("enhancer_jobs_finished_total", "outcome" => "cancelled").increment(1);
        jobs.discard(Artefact::Source(job.id)).await;
        jobs.wake();
    }
    // Else it has ended just now. Whoever cancels it had no use for that end, but may not
    // know of it: it stays until it is deleted, or expires.
    Ok(StatusCode::NO_CONTENT)
}
