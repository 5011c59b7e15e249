//! From a valid request to its response.

use enhancer_core::{ErrorCode, RawFormat, SampleFormat};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::answer::{EnhancedFile, FileEvent};
use super::request::Request;
use crate::admission::Permit;
use crate::client::Client;
use crate::enhancement::{Done, Options, Task, enhance};
use crate::files::{ConfinedPath, FileError, Files, Output, Source};
use crate::problem::{Problem, ProblemCode, Result};
use crate::state::App;
use crate::webhook::DeliveryError;

/// Enhances, calls the webhook, and responds.
pub(super) async fn run(
    app: App,
    files: Files,
    client: Client,
    request: Request,
) -> Result<EnhancedFile> {
    let session_id = Uuid::now_v7();
    let source = files.read(&request.source).await.map_err(source_problem)?;
    let output = files.write(&request.output, &source).await.map_err(output_problem)?;
    let options = options(&app, &request);
    let permit = app.admission.enter(&client).await?;
    let enhanced = enhance_into(&app, source, output, options, session_id, permit).await;
    let event = if enhanced.is_ok() { "success" } else { "exception" };
    tracing::info!(%session_id, output = request.output_path, event, "file finished");
    let notified = match &request.webhook {
        Some(url) => notify(&app, url, session_id, &request.source, event).await,
        None => Ok(()),
    };
    // A failed enhancement matters more than a failed webhook.
    let done = enhanced?;
    notified.map_err(|error| unreachable(&request.output_path, &error))?;
    Ok(EnhancedFile::new(session_id, request.output_path, done))
}

fn options(app: &App, request: &Request) -> Options {
    let sample_rate = request.sample_rate.unwrap_or(app.engine.raw_sample_rate());
    let is_raw = is_raw(&request.source);
    let sample_format = SampleFormat::F32le;
    let mut options = Options::default();
    options.enhance.raw = is_raw.then_some(RawFormat::new(sample_format, sample_rate, 1));
    options.enhance.container = Some(request.container);
    options
}

/// Raw files can only be recognised by their name.
fn is_raw(source: &ConfinedPath) -> bool {
    let extension = source.relative().extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("raw"))
}

async fn enhance_into(
    app: &App,
    source: Source,
    output: Output,
    options: Options,
    session_id: Uuid,
    permit: Permit,
) -> Result<Done> {
    let task = Task {
        source: source.file,
        sink: Box::new(output.sink().map_err(Problem::internal)?),
        spool: app.spool.clone(),
        options,
        session_id: session_id.to_string(),
        on_progress: None,
    };
    let done = enhance(&app.engine, task, permit).await.map_err(without_content)?;
    output.finish().await.map_err(output_problem)?;
    Ok(done)
}

async fn notify(
    app: &App,
    url: &Url,
    session_id: Uuid,
    source: &ConfinedPath,
    event: &'static str,
) -> Result<(), DeliveryError> {
    let file_name = source.relative().file_name().unwrap_or_default().to_string_lossy();
    let body = json!(FileEvent { file_name: file_name.into_owned(), event });
    let (id, body) = (session_id.to_string(), body.to_string().into_bytes());
    app.webhooks.deliver_now(url, &id, body).await.map(drop)
}

fn source_problem(error: FileError) -> Problem {
    match error {
        FileError::NotFound => Problem::new(ProblemCode::NotFound, format!("source_path: {error}")),
        FileError::Refused(detail) => Problem::field("source_path", detail),
        FileError::Failed(error) => Problem::storage(error),
    }
}

fn output_problem(error: FileError) -> Problem {
    match error {
        FileError::NotFound => {
            let detail = "is in a folder that does not exist; create the folder first";
            Problem::field("output_path", detail)
        }
        FileError::Refused(detail) => Problem::field("output_path", detail),
        FileError::Failed(error) => Problem::storage(error),
    }
}

/// Removes the description of a file that is not audio: the client did not send the file, and must
/// not learn its content.
fn without_content(problem: Problem) -> Problem {
    match problem.code() {
        code @ ProblemCode::Core(ErrorCode::UnsupportedAudio) => Problem::new(
            code,
            "source_path: is not a recording in a supported format; see /docs for the formats",
        ),
        _ => problem,
    }
}

fn unreachable(output_path: &str, error: &DeliveryError) -> Problem {
    let detail = format!("webhook_url: {error}; the result is at {output_path}");
    Problem::new(ProblemCode::WebhookUnreachable, detail)
}
