//! `POST /jobs`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use enhancer_http::take;
use sha2::{Digest, Sha256};
use url::Url;
use utoipa::{IntoParams, ToSchema};

use super::resource;
use crate::admission::shutting_down;
use crate::client::Client;
use crate::enhancement::OptionFields;
use crate::jobs::{JobResource, Submission};
use crate::problem::{Problem, Result};
use crate::routes::binary::Binary;
use crate::state::App;
use crate::upload::{FileNameField, receive, refuse};
use crate::webhook::WEBHOOK_URL;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A recording, the options for its enhancement, and whom to notify.
#[derive(ToSchema)]
#[allow(dead_code)]
struct JobRequest {
    /// The recording.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    #[serde(flatten)]
    options: OptionFields,
    #[schema(inline)]
    #[serde(flatten)]
    webhook: WebhookField,
}

#[derive(ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
struct WebhookField {
    /// An http or https URL to notify when the job ends. The server posts
    /// `{"type": "job.succeeded", "timestamp": …, "data": {the job}}`, or `job.failed` or
    /// `job.cancelled`, with the headers of Standard Webhooks. If the response is not 2xx, the
    /// server tries again later. The job lists all attempts.
    #[schema(format = "uri", max_length = 2048, example = "https://example.org/done")]
    #[param(format = "uri", max_length = 2048)]
    webhook_url: Option<String>,
}

/// Enhance a recording in the background.
///
/// Accepts the same requests as `POST /enhance`. The job continues if the connection ends or
/// the server restarts. Follow it by its `events`, by polling, or by a webhook. The result is
/// kept until the job expires: by default 24 hours after its end (`--job-retention`).
///
/// With an `Idempotency-Key`, a request can be repeated safely: the same recording with the
/// same options returns the same job while that job exists.
#[utoipa::path(
    post,
    path = "/jobs",
    tag = "Jobs",
    params(
        FileNameField,
        OptionFields,
        WebhookField,
        ("Idempotency-Key" = Option<String>, Header, description = "A text that the \
            client chooses, such as a UUID: 1 to 255 visible ASCII characters.",
            min_length = 1, max_length = 255, pattern = "^[!-~]{1,255}$"),
    ),
    request_body(content(
        (JobRequest = "multipart/form-data"),
        (Binary = "application/octet-stream"),
    ), description = "The recording."),
    responses(
        (status = 202, description = "The job is stored and will run.", body = JobResource,
            headers(("Location" = String, description = "The path of the job, `/jobs/{id}`."))),
        (status = 400, description = "`bad_form`: the form is malformed. `body_broke_off`: the \
            body ended early.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`: the request body stalled.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency_conflict`: the key was used for another \
            recording or other options.",
            body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: the body is larger than `--max-body`, \
            2 GiB by default.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_value`: invalid fields, all listed in `errors`. \
            Problems with the recording itself are reported when the job runs.",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many requests; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "`storage_full`: the server has no space left for the \
            recording.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`queue_full`: too many jobs are waiting (`--max-queued`, \
            1000 by default). `storage`: the server cannot store jobs at the moment, for \
            example because its database is locked. `shutting_down`. See `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create_job(
    State(app): State<App>,
    client: Client,
    request: Request,
) -> Result<Response> {
    if app.shutdown.is_cancelled() {
        return Err(refuse(request, shutting_down()));
    }
    let idempotency_key = idempotency_key(request.headers())?;
    // A repeated request needs no room in the queue.
    if idempotency_key.is_none()
        && let Err(problem) = app.jobs.check_room().await
    {
        return Err(refuse(request, problem));
    }
    let check = |fields: &[_]| {
        let mut fields = fields.to_vec();
        webhook_url(&app, &mut fields)?;
        app.options(&client, &fields).map(drop)
    };
    let mut sha256 = Sha256::new();
    let mut upload =
        receive(&app.spool, &app.limits, request, check, |bytes| sha256.update(bytes)).await?;
    let webhook_url = webhook_url(&app, &mut upload.fields)?;
    if let Some(url) = &webhook_url {
        let wrong = |detail| Problem::field(WEBHOOK_URL, detail);
        app.webhooks.check_host(url).await.map_err(wrong)?;
    }
    let webhook_url = webhook_url.map(Into::into);
    let options = app.options(&client, &upload.fields)?;
    let client = client.name();
    let sha256 = sha256.finalize().into();
    let submission = Submission { upload, sha256, client, options, webhook_url, idempotency_key };
    let job = app.jobs.submit(submission).await?;
    let location = format!("/jobs/{}", job.id);
    let job = resource(&app, job).await?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(job)).into_response())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let is_sound = |key: &&str| {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match (key.to_str().ok().filter(is_sound), keys.next()) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        _ => Err(Problem::field("Idempotency-Key", "expected 1 to 255 visible ASCII characters")),
    }
}

/// Removes the field from the others.
fn webhook_url(app: &App, fields: &mut Vec<(String, String)>) -> Result<Option<Url>> {
    let Some(text) = take(fields, WEBHOOK_URL)? else { return Ok(None) };
    let wrong = |detail| Problem::field(WEBHOOK_URL, detail);
    app.webhooks.check(&text).map(Some).map_err(wrong)
}
