//! `GET /jobs/{id}/result`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use enhancer_http::attachment;

use super::{Id, find, unknown};
use crate::client::Client;
use crate::jobs::{Artefact, Outcome, storage_problem};
use crate::problem::{Problem, ProblemCode, Result};
use crate::routes::binary::Binary;
use crate::state::App;

/// Seconds after which to check again whether a job has ended.
const AGAIN: u64 = 2;

/// Get the enhanced audio or video of a job.
///
/// It can be fetched any number of times until the job expires or is deleted.
#[utoipa::path(
    get,
    path = "/jobs/{id}/result",
    tag = "Jobs",
    params(("id" = String, Path, description = "The id of the job.", format = Uuid)),
    responses(
        (status = 200, description = "What the `result` of the job describes.",
            content((Binary = "audio/wav"), (Binary = "audio/flac"), (Binary = "audio/ogg"),
                (Binary = "audio/mpeg"), (Binary = "audio/mp4"),
                (Binary = "video/mp4"), (Binary = "video/quicktime"),
                (Binary = "application/octet-stream")),
            headers(
                ("Content-Disposition" = String, description = "The suggested file name."),
                ("Content-Length" = u64, description = "Size of the audio in bytes."),
            )),
        (status = 404, description = "`not_found`: this job does not exist, or has expired.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`job_not_finished`: try again later. `job_failed`: \
            there is no result; the `error` of the job says why. `job_cancelled`: there is no \
            result.",
            body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait, if the job has not finished."))),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn read_result(
    State(app): State<App>,
    client: Client,
    Id(id): Id,
) -> Result<Response> {
    let job = find(&app, &client, &id).await?;
    let output = match job.outcome().map_err(Problem::internal)? {
        Some(Outcome::Succeeded(output)) => output,
        Some(Outcome::Failed(problem)) => {
            let detail = problem["detail"].as_str().unwrap_or("see its error");
            return Err(Problem::new(ProblemCode::JobFailed, format!("the job failed: {detail}")));
        }
        Some(Outcome::Cancelled) => {
            return Err(Problem::new(
                ProblemCode::JobCancelled,
                "the job was cancelled".to_owned(),
            ));
        }
        None => {
            let detail = format!("the job is still {}; try again later", job.state.name());
            return Err(Problem::new(ProblemCode::JobNotFinished, detail).retry_after(AGAIN));
        }
    };
    let result = app.jobs.artefacts.stream(Artefact::Result(job.id, job.attempt)).await;
    // Results are deleted before their job.
    let Some((bytes, stream)) = result.map_err(storage_problem)? else {
        return Err(unknown(&id));
    };
    let mut headers = HeaderMap::new();
    let media_type = HeaderValue::from_str(&output.media_type).map_err(Problem::internal)?;
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    let disposition = HeaderValue::from_str(&attachment(&output.file_name));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(Problem::internal)?);
    Ok((headers, Body::from_stream(stream)).into_response())
}
