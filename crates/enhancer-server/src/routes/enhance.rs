//! `POST /enhance`.

use std::io::{Seek, SeekFrom};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use enhancer_http::{attachment, enhanced_name};
use futures::StreamExt;
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::client::Client;
use crate::enhancement::{Done, OptionFields, Task, enhance};
use crate::problem::{Problem, Result};
use crate::routes::binary::Binary;
use crate::state::App;
use crate::upload::{FileNameField, receive, refuse};

/// Size of the blocks in which the result is read, in bytes.
const CHUNK: usize = 64 * 1024;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(post))
}

/// A recording and the options for its enhancement.
#[derive(ToSchema)]
#[allow(dead_code)]
struct EnhanceRequest {
    /// The recording.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    #[serde(flatten)]
    options: OptionFields,
}

/// Enhance a recording and return the result in the response.
///
/// Send the recording as the part `file` of a form, with the options as other parts. Or send
/// it as the body, with the options and its `file_name` in the query. The format is detected from the content:
/// WAV, FLAC, MP3, AAC, MP4, Ogg, WebM and more. Describe raw samples with the `raw_` options.
///
/// The response starts when the whole recording is enhanced. If the client disconnects
/// before that, the work is cancelled. For long recordings, use a job instead.
#[utoipa::path(
    post,
    path = "/enhance",
    operation_id = "enhance",
    tag = "Enhancement",
    params(FileNameField, OptionFields),
    request_body(content(
        (EnhanceRequest = "multipart/form-data"),
        (Binary = "application/octet-stream"),
    ), description = "The recording."),
    responses(
        (
            status = 200,
            description = "The enhanced recording.",
            content(
                (Binary = "audio/wav"),
                (Binary = "audio/flac"),
                (Binary = "audio/ogg"),
                (Binary = "audio/mpeg"),
                (Binary = "audio/mp4"),
                (Binary = "video/mp4"),
                (Binary = "video/quicktime"),
                (Binary = "application/octet-stream"),
            ),
            headers(
                ("Content-Disposition" = String, description = "`NAME.enhanced.EXTENSION`"),
                ("Enhancer-Session-Id" = String, description = "The id of this enhancement in the log"),
                ("Enhancer-Model" = String, description = "The model that was used"),
                ("Enhancer-Duration-Seconds" = f64, description = "Duration of the audio"),
                ("Enhancer-Elapsed-Seconds" = f64, description = "Time taken by the enhancement"),
                (
                    "Enhancer-Warning" = String,
                    description = "What the user of the result should know, in words, joined by \
                        `; `. Absent if there is nothing. Other responses name each by a `code`; \
                        the schema `Warning` lists these."
                ),
                (
                    "Enhancer-Score" = String,
                    description = "With `score`: how listeners would rate the recording before and \
                        after, and what that shows, as JSON of the schema `Score`."
                ),
            ),
        ),
        (
            status = 400,
            description = "`bad_form`: the form is malformed; `body_broke_off`: the body ended early.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 408,
            description = "`body_timeout`: the request body stalled.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 413,
            description = "`body_too_large`: the body is larger than `--max-body`, 2 GiB by default.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 415,
            description = "`unsupported_audio`: not a supported recording; `detail` lists the \
                supported formats.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 422,
            description = "`invalid_value`: invalid fields, all listed in `errors`; `corrupt_audio`; \
                `unwritable_audio`; `limit_exceeded`: the recording is too long, has too \
                many channels, or its result is too large.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 429,
            description = "`rate_limited`: too many requests; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 500,
            description = "`internal`: an error in the server; see its log.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 503,
            description = "`busy`: all slots are busy, or too many files are open; \
                `shutting_down`; see `Retry-After`.",
            body = Problem, content_type = "application/problem+json",
        ),
        (
            status = 507,
            description = "`storage_full`: the server has no space left for the recording or its \
                result.",
            body = Problem, content_type = "application/problem+json",
        ),
    ),
)]
async fn post(State(app): State<App>, client: Client, request: Request) -> Result<Response> {
    if let Err(problem) = app.admission.check_room(&client) {
        return Err(refuse(request, problem));
    }
    let check = |fields: &[_]| app.options(&client, fields).map(drop);
    let upload = receive(&app.spool, &app.limits, request, check, |_| ()).await?;
    let options = app.options(&client, &upload.fields)?;
    let sink = app.spool.file().map_err(Problem::storage)?;
    let mut result = sink.file.try_clone().map_err(Problem::storage)?;
    let (source_room, room) = (upload.room, sink.room.clone());
    let session_id = Uuid::now_v7().to_string();
    let task = Task {
        source: upload.file,
        sink: Box::new(sink),
        spool: app.spool.clone(),
        options,
        session_id: session_id.clone(),
        on_progress: None,
    };
    let permit = app.admission.enter(&client).await?;
    let done = enhance(&app.engine, task, permit).await?;
    drop(source_room);
    result.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
    let len = result.metadata().map_err(Problem::internal)?.len();
    let blocks = ReaderStream::with_capacity(File::from_std(result), CHUNK);
    // The space of the result stays counted until the result is sent.
    let body = Body::from_stream(blocks.inspect(move |_| {
        let _taken = &room;
    }));
    let mut response = body.into_response();
    let name = enhanced_name(upload.file_name.as_deref(), done.format.container);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, len.into());
    let media_type = HeaderValue::from_static(done.format.container.media_type());
    headers.insert(CONTENT_TYPE, media_type);
    for (name, value) in result_headers(&done, session_id, attachment(&name)) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

/// The headers that describe the work.
fn result_headers(
    done: &Done,
    session_id: String,
    disposition: String,
) -> Vec<(&'static str, String)> {
    let elapsed = done.elapsed.as_secs_f64();
    let mut headers = vec![
        ("content-disposition", disposition),
        ("enhancer-session-id", session_id),
        ("enhancer-model", done.model.clone()),
        ("enhancer-duration-seconds", format!("{:.6}", done.summary.duration_seconds)),
        ("enhancer-elapsed-seconds", format!("{elapsed:.6}")),
        ("server-timing", format!("enhance;dur={:.1}", elapsed * 1e3)),
    ];
    let warnings: Vec<_> = done.warnings().into_iter().map(|warning| warning.text).collect();
    if !warnings.is_empty() {
        headers.push(("enhancer-warning", warnings.join("; ")));
    }
    if let Some(score) = done.score().and_then(|score| serde_json::to_string(&score).ok()) {
        headers.push(("enhancer-score", score));
    }
    headers
}
