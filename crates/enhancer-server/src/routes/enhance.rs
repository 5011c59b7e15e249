//! `POST /enhance`.

use std::io::{Seek, SeekFrom};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::attachment::attachment;
use crate::enhancement::{Done, OptionFields, Options, Task, enhance};
use crate::problem::{Problem, Result};
use crate::routes::binary::Binary;
use crate::upload::{enhanced_name, receive};

/// Bytes of the result that are read at once.
const CHUNK: usize = 64 * 1024;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(post))
}

/// A recording, and how it is to be enhanced.
#[derive(ToSchema)]
#[allow(dead_code)]
struct Form {
    /// The recording.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    #[schema(inline)]
    #[serde(flatten)]
    options: OptionFields,
}

/// Enhance a recording and get the result in the response.
///
/// Send it as the part `file` of a form, with options as other parts, or as the plain
/// body, with options in the query. What it is shows in its bytes: WAV, FLAC, MP3, AAC,
/// MP4, Ogg, WebM and more; raw samples must be described by the `raw_` options.
///
/// The result begins when all of it is enhanced. If the client disconnects before that
/// the work ends at once. For long recordings a job is the better way.
#[utoipa::path(
    post,
    path = "/enhance",
    operation_id = "enhance",
    tag = "enhancement",
    params(OptionFields),
    request_body(content(
        (Form = "multipart/form-data"),
        (Binary = "application/octet-stream"),
    ), description = "The recording."),
    responses(
        (
            status = 200,
            description = "The enhanced recording.",
            content(
                (Binary = "audio/wav"),
                (Binary = "audio/flac"),
                (Binary = "application/octet-stream"),
            ),
            headers(
                ("Content-Disposition" = String, description = "`NAME.enhanced.EXTENSION`"),
                ("Enhancer-Session-Id" = String, description = "As it stands in the log"),
                ("Enhancer-Model" = String, description = "The model that was used"),
                ("Enhancer-Duration-Seconds" = f64, description = "How long the audio plays"),
                ("Enhancer-Elapsed-Seconds" = f64, description = "How long it took"),
                (
                    "Enhancer-Warning" = String,
                    description = "What of the source was damaged, or that it is a video, of \
                        which this is the audio; only then"
                ),
            ),
        ),
        (
            status = 400,
            description = "`bad_form`: no sound form; `body_broke_off`: it ended early.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 408,
            description = "`body_timeout`: the body stopped coming.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 413,
            description = "`body_too_large`: longer than `--max-body`, 2 GiB by default.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 415,
            description = "`unsupported_audio`: no recording that can be read; the detail lists \
                what can.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "`invalid_value`: fields that are wrong, each told; `corrupt_audio`, \
                `unwritable_audio`; `limit_exceeded`: it plays too long, or has too many channels.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 429,
            description = "`rate_limited`: too many requests; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 500,
            description = "`internal`: the log says why.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "`busy`: as many as may wait do; `shutting_down`; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 507,
            description = "`storage_full`: the server has no room for the body.",
            body = Problem, content_type = "application/problem+json",
        ),
    ),
)]
async fn post(State(app): State<App>, request: Request) -> Result<Response> {
    let check = |fields: &[_]| Options::from_fields(&app.engine, fields).map(drop);
    let upload = receive(&app, request, check).await?;
    let options = Options::from_fields(&app.engine, &upload.fields)?;
    let sink = app.spool.file().map_err(Problem::internal)?;
    let mut result = sink.try_clone().map_err(Problem::internal)?;
    let session_id = Uuid::now_v7().to_string();
    let task = Task {
        source: upload.file,
        sink,
        spool: app.spool.clone(),
        options,
        session_id: session_id.clone(),
        on_progress: None,
    };
    let permit = app.admission.enter().await?;
    let done = enhance(&app.engine, task, permit).await?;
    result.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    let len = result.metadata().map_err(Problem::internal)?.len();
    let body = Body::from_stream(ReaderStream::with_capacity(File::from_std(result), CHUNK));
    let mut response = body.into_response();
    let name = enhanced_name(upload.file_name.as_deref(), done.format.container);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, len.into());
    let media_type = HeaderValue::from_static(done.format.container.media_type());
    headers.insert(CONTENT_TYPE, media_type);
    attachment(headers, &name);
    for (name, value) in told(&done, session_id) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// What the response's headers tell of the work.
fn told(done: &Done, session_id: String) -> Vec<(&'static str, String)> {
    let elapsed = done.elapsed.as_secs_f64();
    let mut told = vec![
        ("enhancer-session-id", session_id),
        ("enhancer-model", done.model.clone()),
        ("enhancer-duration-seconds", format!("{:.6}", done.summary.duration_seconds)),
        ("enhancer-elapsed-seconds", format!("{elapsed:.6}")),
        ("server-timing", format!("enhance;dur={:.1}", elapsed * 1e3)),
    ];
    let warnings = done.warnings();
    if !warnings.is_empty() {
        told.push(("enhancer-warning", warnings.join("; ")));
    }
    told
}
