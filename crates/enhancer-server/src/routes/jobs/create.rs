//! `POST /jobs`.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;
use utoipa::{IntoParams, ToSchema};

use crate::admission::shutting_down;
use crate::app::App;
use crate::enhancement::{OptionFields, Options};
use crate::jobs::{JobResource, Submission};
use crate::problem::{Problem, Result};
use crate::routes::binary::Binary;
use crate::upload::receive;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const WEBHOOK_URL: &str = "webhook_url";

/// A recording, how it is to be enhanced, and who is told.
#[derive(ToSchema)]
#[allow(dead_code)]
struct JobForm {
    /// The recording.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    #[schema(inline)]
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
    /// An http or https URL that is told of the job's end: by
    /// `{"type": "job.succeeded", "timestamp": …, "data": {the job}}`, or `job.failed` or
    /// `job.cancelled`, with the headers of Standard Webhooks. What is not answered by 2xx
    /// is tried again after a while; the job lists all attempts.
    #[schema(format = "uri", max_length = 2048, example = "https://example.org/done")]
    #[param(format = "uri", max_length = 2048)]
    webhook_url: Option<String>,
}

/// Enhance a recording in its own time.
///
/// Takes what `POST /enhance` takes. The job outlives the connection and the server: follow
/// it by its `events`, by asking for it now and then, or by a webhook; its result can be had
/// until it expires, 24 hours after its end if the server is not set otherwise
/// (`--job-retention`).
///
/// With an `Idempotency-Key` a request can be repeated without harm: the same recording with
/// the same options gives the same job again for as long as that job exists.
#[utoipa::path(
    post,
    path = "/jobs",
    tag = "jobs",
    params(
        OptionFields,
        WebhookField,
        ("Idempotency-Key" = Option<String>, Header, description = "Any text of the client's \
            own, such as a UUID: 1 to 255 visible ASCII characters.",
            min_length = 1, max_length = 255, pattern = "^[!-~]{1,255}$"),
    ),
    request_body(content(
        (JobForm = "multipart/form-data"),
        (Binary = "application/octet-stream"),
    ), description = "The recording."),
    responses(
        (status = 202, description = "It is kept, and will be done.", body = JobResource,
            headers(("Location" = String, description = "Where the job is: `/jobs/{id}`."))),
        (status = 400, description = "`bad_form`: no sound form. `body_broke_off`: it ended \
            early.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`: the body stopped coming.",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`idempotency_conflict`: the key was used for another \
            recording, or with other options.",
            body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`: longer than `--max-body`, 2 GiB by \
            default.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_value`: fields that are wrong, each told. What \
            is wrong with the recording itself shows when the job is done.",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`: too many requests; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`internal`: the server failed; its log says why.",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`queue_full`: as many jobs wait as may (`--max-queued`, \
            1000 by default). `shutting_down`. See `Retry-After`.",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create_job(State(app): State<App>, request: Request) -> Result<Response> {
    if app.shutdown.is_cancelled() {
        return Err(shutting_down());
    }
    let idempotency_key = idempotency_key(request.headers())?;
    // Whoever repeats a request needs no room.
    if idempotency_key.is_none() {
        app.jobs.check_room().await?;
    }
    let check = |fields: &[_]| {
        let mut fields = fields.to_vec();
        webhook_url(&app, &mut fields)?;
        Options::from_fields(&app.engine, &fields).map(drop)
    };
    let mut upload = receive(&app, request, check).await?;
    let webhook_url = webhook_url(&app, &mut upload.fields)?;
    if let Some(url) = &webhook_url {
        let wrong = |detail| Problem::field(WEBHOOK_URL, detail);
        app.webhooks.check_host(url).await.map_err(wrong)?;
    }
    let webhook_url = webhook_url.map(Into::into);
    let options = Options::from_fields(&app.engine, &upload.fields)?;
    let submission = Submission { upload, options, webhook_url, idempotency_key };
    let job = app.jobs.submit(submission).await?;
    let location = format!("/jobs/{}", job.id);
    let job = JobResource::load(&app.jobs.store, job).await.map_err(Problem::internal)?;
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

/// Takes the field out of the others.
fn webhook_url(app: &App, fields: &mut Vec<(String, String)>) -> Result<Option<Url>> {
    let given: Vec<_> = fields.extract_if(.., |(name, _)| name == WEBHOOK_URL).collect();
    let wrong = |detail| Problem::field(WEBHOOK_URL, detail);
    let text = match given.as_slice() {
        [] => return Ok(None),
        // As forms send what was left blank.
        [(_, text)] if text.is_empty() => return Ok(None),
        [(_, text)] => text,
        _ => return Err(wrong("is given twice".to_owned())),
    };
    app.webhooks.check(text).map(Some).map_err(wrong)
}
