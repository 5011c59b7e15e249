//! `POST /enhance-file`.

mod answer;
mod request;
mod work;

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{Problem, Result};
use answer::EnhancedFile;
use request::{EnhanceFile, Request};

/// Far more than the fields can take.
const MAX_BODY_BYTES: usize = 64 << 10;

pub(crate) fn router() -> OpenApiRouter<App> {
    let limit = DefaultBodyLimit::max(MAX_BODY_BYTES);
    OpenApiRouter::new().routes(routes!(enhance_file)).layer(limit)
}

/// Enhance a file on the server's disk.
///
/// The result appears at `output_path` when it is whole; a regular file that is there is
/// replaced. Then `{"file_name": output_path, "event": "success"}` is posted to
/// `webhook_url`, or `"exception"` as the event if the source was there but could not be
/// enhanced, and after that this request is answered.
///
/// The webhook is tried three times, each for 10 seconds at most, within seconds of each
/// other; redirects are not followed. It carries the headers `webhook-id` (the session id),
/// `webhook-timestamp` and, if the server has a secret, `webhook-signature`, as
/// [Standard Webhooks](https://www.standardwebhooks.com) has them.
///
/// With a webhook the work goes on if the client disconnects; without one it is cancelled
/// then.
#[utoipa::path(
    post,
    path = "/enhance-file",
    tag = "enhancement",
    request_body(content = EnhanceFile, description = "At most 64 KiB."),
    responses(
        (status = 200, description = "The result is in its place, and the webhook was \
            delivered.", body = EnhancedFile),
        (status = 400, description = "`invalid_json`: the body is no JSON.",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: there is no file at `source_path`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`: the body stopped coming.",
            body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: the body has more than 64 KiB.",
            body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body is not declared to \
            be JSON. `unsupported_audio`: the source is no audio that can be read.",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_value`: fields are wrong; `errors` lists \
            all of them. `corrupt_audio`: the source is damaged beyond use. \
            `unwritable_audio`: its audio does not fit into the form of `output_path`. \
            `limit_exceeded`: it plays for longer, or has more channels, than the server \
            takes.",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many requests; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: the log says why.",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`: as many as may wait do; `shutting_down`; see \
            `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 504, description = "`webhook_unreachable`: the webhook was not answered \
            by a 2xx. The result is in its place.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn enhance_file(
    State(app): State<App>,
    request: axum::extract::Request,
) -> Result<Json<EnhancedFile>> {
    let body = request::read(request, &app.limits).await?;
    let request = Request::new(body, &app)?;
    request.check_webhook_host(&app.webhooks).await?;
    let unattended = request.webhook.is_some().then(|| app.unattended.clone());
    let work = work::run(app, request).in_current_span();
    let answer = match unattended {
        Some(tasks) => tasks.spawn(work).await.map_err(Problem::internal)?,
        None => work.await,
    };
    answer.map(Json)
}
