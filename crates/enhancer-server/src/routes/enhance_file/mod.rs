//! `POST /enhance-file`.

mod answer;
mod request;
mod work;

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::client::Client;
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;
use answer::EnhancedFile;
pub(crate) use answer::FileEvent;
use request::{EnhanceFileRequest, Request};

/// Much more than valid fields can need.
const MAX_BODY_KIB: usize = 64;

pub(crate) fn router() -> OpenApiRouter<App> {
    let limit = DefaultBodyLimit::max(MAX_BODY_KIB << 10);
    OpenApiRouter::new().routes(routes!(enhance_file)).layer(limit)
}

/// Enhance a file on the server's disk.
///
/// The result appears at `output_path` when it is complete, and replaces an existing file.
/// Then the server posts `{"file_name": "monday.wav", "event": "success"}` to `webhook_url`,
/// with the base name of `source_path`. The event is `"exception"` if the source exists but could not be enhanced. After that,
/// the server responds to this request.
///
/// The webhook is called at most three times within a few seconds, with a timeout of 10
/// seconds each. Redirects are not followed. The call has the headers of
/// [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id` (the session id),
/// `webhook-timestamp` and, if the server has a secret, `webhook-signature`.
///
/// If the client disconnects, the work continues if there is a webhook, and is cancelled
/// otherwise.
#[utoipa::path(
    post,
    path = "/enhance-file",
    tag = "Enhancement",
    request_body(
        content = EnhanceFileRequest,
        description = format!("At most {MAX_BODY_KIB} KiB."),
    ),
    responses(
        (status = 200, description = "The result is at `output_path`, and the webhook was \
            delivered.", body = EnhancedFile),
        (status = 400, description = "`invalid_json`: the body is not JSON.",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: `source_path` does not exist.",
            body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`: the request body stalled.",
            body = Problem, content_type = "application/problem+json"),
        (status = 413,
            description = format!("`body_too_large`: the body is larger than {MAX_BODY_KIB} KiB."),
            body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the content type is not \
            JSON. `unsupported_audio`: the source is not a supported recording.",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_value`: invalid fields, all listed in \
            `errors`. `corrupt_audio`: the source is too damaged to read. \
            `unwritable_audio`: the format of `output_path` cannot hold this audio. \
            `limit_exceeded`: the recording is too long, or has too many channels.",
            body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`files_off`: the server is reachable by others and has no \
            `--files-root`.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many requests; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: all slots are busy; `shutting_down`; see \
            `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`storage_full`: the disk has no space left for the result.",
            body = Problem, content_type = "application/problem+json"),
        (status = 504, description = "`webhook_unreachable`: the webhook did not respond \
            with a 2xx status. The result is at `output_path`.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn enhance_file(
    State(app): State<App>,
    client: Client,
    request: axum::extract::Request,
) -> Result<Json<EnhancedFile>> {
    let files = app.files.clone().ok_or_else(off)?;
    let body = request::read(request, &app.limits).await?;
    let request = Request::new(body, &app, &files)?;
    request.check_webhook_host(&app.webhooks).await?;
    let unattended = request.webhook.is_some().then(|| app.unattended.clone());
    let work = work::run(app, files, client, request).in_current_span();
    let answer = match unattended {
        Some(tasks) => tasks.spawn(work).await.map_err(Problem::internal)?,
        None => work.await,
    };
    answer.map(Json)
}

fn off() -> Problem {
    let detail = "this server does not enhance files of its own disk; set --files-root to allow it";
    Problem::new(ProblemCode::FilesOff, detail)
}
